"""The training loop that the examples share."""
import copy
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable, List, NamedTuple

import processes
import torch
import torch.nn.functional as F
from checkpoint import load_checkpoint, save_checkpoint
from export import export, load_state
from log import spreads, write_log
from plot import plot
from progress import Progress
from schedule import Clock, learning_rate
from torch.optim.swa_utils import AveragedModel
from xnor import clamp_bn, revive, use_native_layers


class Data(NamedTuple):
    """Samples as they are stored, [N, ...] of any type, and their classes, int64 [N]."""

    train_x: torch.Tensor
    train_y: torch.Tensor
    test_x: torch.Tensor
    test_y: torch.Tensor


@dataclass
class Recipe:
    """What one network is trained with. The numbers are defaults; options of the command line replace some."""

    name: str  # of the files
    network: Callable[[bool], torch.nn.Module]  # network(binary): the XNOR network or its float twin
    prepare: Callable[[torch.Tensor], torch.Tensor]  # stored samples -> the network's input
    augment: Callable[[torch.Tensor], torch.Tensor]  # stored samples -> input, changed at random, for training
    sample: torch.Tensor  # an input of the network, [1, ...], for the exporter
    inputs: List[str]
    outputs: List[str]
    epochs: int
    learning_rate: float  # the highest; see schedule.py
    warm_up: float  # the part of the training in which it rises
    augment_until: float = 1.0  # the last part of the training may see samples as they are
    revive_until: float = 0.0  # in this first part of the training, filters without effect start anew
    average_from: float = 1.0  # of the epochs after this part of the training, the mean of the weights is kept
    batch: int = 128
    weight_decay: float = 1e-5


def run(recipe, data, options):
    """Trains, tests between epochs, and leaves in options.out: a checkpoint, the state, a plot, and ONNX files."""
    options.device = processes.join(options.device)
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = torch.backends.cuda.matmul.allow_tf32 = True
    data = Data(*(tensor[: options.limit].to(options.device) for tensor in data))
    name = recipe.name + '-float' * options.float
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, data, options, options.out / f'{name}.checkpoint.pt')
    trainer.train()
    if processes.rank() > 0:
        return

    torch.save(trainer.kept, options.out / f'{name}.pt')
    if trainer.history:
        plot(trainer.history, options.out / f'{name}.svg', name)
    trainer.model.load_state_dict(trainer.kept)
    loss, accuracy = trainer.test(trainer.model)
    print(f'{name}: test loss {loss:.4f}, accuracy {accuracy:.2f} %')
    io = recipe.sample, recipe.inputs, recipe.outputs
    for path in export(trainer.model, options.out, recipe.name, *io, binary=not options.float):
        print(path)


class Trainer:
    """A network on its way: everything that a checkpoint has to hold."""

    def __init__(self, recipe, data, options, path):
        self.recipe, self.data, self.options, self.path = recipe, data, options, path
        # Channels last is how processors like to convolve; tensors of other ranks stay as they are.
        self.model = recipe.network(not options.float).to(options.device, memory_format=torch.channels_last)
        set_dropout(self.model, options.dropout)
        if options.native:
            use_native_layers(self.model)
        if options.init:
            load_state(self.model, options.init)
        self.peak = options.learning_rate or recipe.learning_rate
        self.optimizer = torch.optim.Adam(self.model.parameters(), self.peak, weight_decay=recipe.weight_decay)
        self.clock = Clock(options.epochs if options.epochs is not None else recipe.epochs, options.minutes)
        self.average = AveragedModel(self.model)
        self.history, self.best = [], -1.0
        self.kept = copy.deepcopy(self.model.state_dict())
        load_checkpoint(self)
        if processes.rank() > 0:
            # Samples are changed at random in another way by each.
            torch.manual_seed(self.options.seed + 1000 * processes.rank() + self.clock.epoch)

    def train(self):
        while not self.clock.done():
            processes.agree(*self.model.state_dict().values())
            progress = Progress(f'epoch {self.clock.epoch + 1}', self.clock)
            row = {'train_loss': self.epoch(progress)}
            line = 'training loss {train_loss:.4f}'
            self.clock.end_epoch()
            if processes.rank() > 0:
                continue
            if self.clock.part() > self.recipe.average_from:
                self.average.update_parameters(self.model)
            if self.clock.done() or self.clock.epoch % self.options.test_every == 0:
                model = self.average.module if self.average.n_averaged else self.model
                self.measure_batch_norms(model)
                row['test_loss'], row['accuracy'] = self.test(model)
                row['parameters'] = spreads(model)
                line += ', test loss {test_loss:.4f}, accuracy {accuracy:.2f} %'
                if row['accuracy'] >= self.best or self.options.keep == 'last':
                    self.best, self.kept = row['accuracy'], copy.deepcopy(model.state_dict())
            if not self.options.float and self.clock.part() < self.recipe.revive_until:
                print(f'{revive(self.model)} filters were always the same and start anew')
            self.history.append(row)
            save_checkpoint(self)
            if self.options.log:
                write_log(self.options.log, self.history, epochs=self.recipe.epochs)
            progress.end(line.format(**row))

    def epoch(self, progress):
        """Every training sample once. Returns the mean loss."""
        self.model.train()
        samples, batch = len(self.data.train_x), min(self.recipe.batch, len(self.data.train_x))
        order = torch.randperm(samples, device=self.options.device)
        processes.agree(order)
        steps = samples // batch  # a rest smaller than a batch waits for the next epoch's order
        total = torch.zeros((), device=self.options.device)
        for step in range(steps):
            self.clock.step(step / steps)
            if self.clock.done():
                steps = step
                break
            total += self.step(order[step * batch : (step + 1) * batch])
            if processes.rank() == 0:
                progress.show()
        processes.add_up(total)
        return total.item() / max(steps, 1)

    def step(self, indices):
        """One step of the optimizer on one batch. Returns its loss (of several processes, this one's part of it) as a tensor:
        reading it would stop a GPU.
        """
        part = self.clock.part()
        batch, indices = len(indices), processes.own_part(indices)
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(part, self.peak, self.recipe.warm_up)
        prepare = self.recipe.augment if part < self.recipe.augment_until else self.recipe.prepare
        with self.precision():
            output = self.model(prepare(self.data.train_x[indices]))
        smoothing = self.options.label_smoothing
        loss = F.cross_entropy(output.float(), self.data.train_y[indices], label_smoothing=smoothing)
        loss = loss * (len(indices) / batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        processes.add_up(*(parameter.grad for parameter in self.model.parameters() if parameter.grad is not None))
        self.optimizer.step()
        if not self.options.float:
            clamp_bn(self.model)
        return loss.detach()

    def measure_batch_norms(self, model, images=2048):
        """Takes mean and variance of what the batch norms read for the weights as they are now.

        What they collect during the training is of weights that have flipped since, and with dropout. All images are one
        batch: so every batch norm reads what those before it make of the very numbers that they keep. Numbers that are
        the mean of small batches put many a threshold elsewhere: tests of one NIN then said 83.8 to 84.5 % instead of 85.3 %.
        """
        kinds = torch.nn.BatchNorm1d, torch.nn.BatchNorm2d
        norms = [module for module in model.modules() if isinstance(module, kinds)]
        momenta = [norm.momentum for norm in norms]
        order = torch.randperm(len(self.data.train_x), device=self.options.device)
        model.eval()
        for norm in norms:
            norm.train()
            norm.momentum = 1.0
        with torch.no_grad(), self.precision():
            model(self.recipe.augment(self.data.train_x[order[:images]]))
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum

    def test(self, model):
        """Mean loss and accuracy in percent on the test set."""
        model.eval()
        loss = correct = 0
        with torch.no_grad(), self.precision():
            for x, y in zip(self.data.test_x.split(500), self.data.test_y.split(500)):
                output = model(self.recipe.prepare(x))
                loss += F.cross_entropy(output.float(), y, reduction='sum').item()
                correct += (output.argmax(1) == y).sum().item()
        return loss / len(self.data.test_y), 100 * correct / len(self.data.test_y)

    def precision(self):
        """bfloat16 is faster on processors that have it; the exported network uses float32."""
        kind = torch.device(self.options.device).type
        return torch.autocast(kind, torch.bfloat16) if self.options.bfloat16 else nullcontext()


def set_dropout(model, probability):
    """Replaces the probability of every dropout of the model; None leaves them as they are."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout) and probability is not None:
            module.p = probability
