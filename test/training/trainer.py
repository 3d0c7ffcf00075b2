"""Trains a small network for three epochs, resumes it for a fourth, and looks at what is kept; fails by an assertion.

The weights have to be the mean of the last two epochs, and the batch norms what these weights make of the images.
"""
import argparse
import pathlib
import sys
import tempfile

import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/training'))
from loop import Data, Recipe, Trainer
from xnor import Bin

recipe = Recipe(
    name='small',
    network=lambda binary: nn.Sequential(Bin(4, 8, 3, 1), Bin(8, 3, 3, 1), nn.AvgPool2d(6), nn.Flatten()),
    prepare=lambda x: x,
    augment=lambda x: x,
    sample=torch.zeros(1, 4, 6, 6),
    inputs=['input'],
    outputs=['scores'],
    epochs=4,
    learning_rate=0.1,
    warm_up=0.0,
    batch=8,
)
torch.manual_seed(1)
x, y = torch.randn(32, 4, 6, 6), torch.arange(32) % 3
data = Data(x, y, x, y)
options = dict(float=False, device='cpu', dropout=None, native=False, init=None, learning_rate=None, minutes=None)
options.update(label_smoothing=0.0, test_every=1, keep='last', bfloat16=False, log=None)

after = []
with tempfile.TemporaryDirectory() as folder:
    for epochs in (3, 4):
        recipe.average_from = 2 / epochs
        path = pathlib.Path(folder) / 'small.checkpoint.pt'
        trainer = Trainer(recipe, data, argparse.Namespace(epochs=epochs, resume=path.exists(), **options), path)
        trainer.train()
        after.append({name: value.clone() for name, value in trainer.model.named_parameters()})

third, fourth = after
for name, value in third.items():
    assert torch.allclose(trainer.kept[name], (value + fourth[name]) / 2), name
    assert not torch.allclose(trainer.kept[name], fourth[name]), name
trainer.model.load_state_dict(trainer.kept)
loss, accuracy = trainer.test(trainer.model)
assert trainer.history[-1]['test_loss'] == loss and trainer.history[-1]['accuracy'] == accuracy

first, second = trainer.model[:2]
for norm, read in ((first.bn, x), (second.bn, first(x))):
    assert torch.allclose(norm.running_mean, read.mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(norm.running_var, read.transpose(0, 1).flatten(1).var(1), atol=1e-5)
