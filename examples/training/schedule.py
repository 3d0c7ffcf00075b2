"""How far a training is, and the learning rate that belongs there."""
import math
import time


class Clock:
    """Counts a training by epochs or, where `minutes` is given, by time. It starts again where a checkpoint ended."""

    def __init__(self, epochs, minutes=None):
        self.epochs, self.minutes = epochs, minutes
        self.epoch, self.within = 0, 0.0
        self.before = 0.0  # seconds of earlier runs
        self.start, self.first = time.monotonic(), 0.0

    def part(self):
        """0 at the beginning, 1 at the end."""
        if self.minutes is not None:
            return min(self.seconds() / 60 / self.minutes, 1.0) if self.minutes > 0 else 1.0
        return (self.epoch + self.within) / self.epochs if self.epochs > 0 else 1.0

    def seconds(self):
        return self.before + time.monotonic() - self.start

    def seconds_left(self):
        """By the speed of this run; None before it is known."""
        part = self.part()
        if self.minutes is not None:
            return self.minutes * 60 - self.seconds()
        run = time.monotonic() - self.start
        return run * (1 - part) / (part - self.first) if part > self.first else None

    def done(self):
        return self.part() >= 1

    def step(self, within):
        """within: the part of the present epoch that is done."""
        self.within = within

    def end_epoch(self):
        self.epoch, self.within = self.epoch + 1, 0.0

    def resume(self, epoch, seconds):
        self.epoch, self.before = epoch, seconds
        self.start, self.first = time.monotonic(), self.part()


def learning_rate(part, peak, warm_up):
    """A rise from peak/25 to the peak in the first `warm_up` of the training, then half a cosine down to 0.

    Signs flip all the time while steps are large; only small steps at the end let them settle. So the whole
    cosine has to fit into the training: say how long it may take instead of cutting a longer one short.
    """
    if part < warm_up:
        return peak * (0.04 + 0.96 * part / warm_up)
    return peak * 0.5 * (1 + math.cos(math.pi * (part - warm_up) / (1 - warm_up)))
