"""Trains XNOR Network-in-Network, or with --float its full-precision twin, on CIFAR-10, and exports it as ONNX."""
import pathlib
import sys

import torch
import torch.nn as nn

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / 'training'))
from cifar10 import MEAN, STD, read_cifar10
from images import crop_and_flip
from loop import Data, Recipe, run
from options import parse
from xnor import Bin


def nin(binary=True):
    """[N, 3, 32, 32] -> [N, 10]: three groups of a spatial convolution and two that mix channels (1 x 1)."""

    def layer(cin, cout, k, pad=0, dropout=0.0):
        return Bin(cin, cout, k, pad, dropout, binary=binary)

    return nn.Sequential(
        nn.Conv2d(3, 192, 5, padding=2), nn.BatchNorm2d(192, eps=1e-4, affine=False), nn.ReLU(),
        layer(192, 160, 1), layer(160, 96, 1),                             # 96 x 32 x 32
        nn.MaxPool2d(3, 2, 1),                                             # 96 x 16 x 16
        layer(96, 192, 5, 2, dropout=0.5), layer(192, 192, 1), layer(192, 192, 1),
        nn.AvgPool2d(3, 2, 1),                                             # 192 x 8 x 8
        layer(192, 192, 3, 1, dropout=0.5), layer(192, 192, 1), nn.BatchNorm2d(192, eps=1e-4, affine=False),
        nn.Conv2d(192, 10, 1), nn.ReLU(),                                  # 10 x 8 x 8: a score per class and place
        nn.AvgPool2d(8, 1), nn.Flatten(),
    )  # fmt: skip


def normalise(x):
    mean, std = (torch.tensor(values, device=x.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (x.float() / 255 - mean) / std


recipe = Recipe(
    name='nin',
    network=nin,
    prepare=normalise,
    augment=lambda x: normalise(crop_and_flip(x)),
    sample=torch.zeros(1, 3, 32, 32),
    inputs=['input'],
    outputs=['logits'],
    epochs=300,
    learning_rate=6e-3,
    warm_up=0.03,
    revive_until=0.6,
    average_from=0.8,
    weight_decay=0.0,  # a filter that gets no gradient would only shrink
)

if __name__ == '__main__':
    options = parse(__doc__, 'folder with CIFAR-10, in one of the layouts that cifar10.py lists', here / 'out')
    run(recipe, Data(*read_cifar10(options.data)), options)
