"""Trains a small network with nothing random in it but the order, and writes what each process ends with."""
import pathlib
import sys

import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/training'))
import processes
from loop import Data, Recipe, Trainer
from options import parse

options = parse(__doc__, 'of nothing', None)
options.device = processes.join(options.device)
torch.manual_seed(1)
x = torch.randn(50, 6)
y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
recipe = Recipe(
    name='small',
    network=lambda binary: nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 3)),
    prepare=lambda samples: samples,
    augment=lambda samples: samples,
    sample=x[:1],
    inputs=['x'],
    outputs=['y'],
    epochs=3,
    learning_rate=1e-2,
    warm_up=0.2,
    batch=25,
)
options.out.mkdir(exist_ok=True)
trainer = Trainer(recipe, Data(x, y, x, y), options, options.out / 'checkpoint.pt')
trainer.train()
torch.save(trainer.model.state_dict(), options.out / f'{processes.rank()}.pt')
if processes.rank() == 0:
    print([row['train_loss'] for row in trainer.history])
