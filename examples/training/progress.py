"""What a training prints: one line per epoch, and on a terminal, one that moves."""
import sys
import time


class Progress:
    def __init__(self, label, clock):
        self.label, self.clock = label, clock
        self.start = self.shown = time.monotonic()

    def show(self):
        now = time.monotonic()
        if sys.stdout.isatty() and now - self.shown > 0.2:
            self.shown = now
            print(f'\r{self.label}: {100 * self.clock.within:.0f} %{self.left()}', end='\033[K', flush=True)

    def end(self, text):
        moved = '\r\033[K' if sys.stdout.isatty() else ''
        print(f'{moved}{self.label}: {text} ({duration(time.monotonic() - self.start)}{self.left()})', flush=True)

    def left(self):
        seconds = self.clock.seconds_left()
        return '' if seconds is None else f', {duration(max(seconds, 0))} left'


def duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours} h {minutes} min' if hours else f'{minutes} min {seconds} s' if minutes else f'{seconds} s'
