"""Trains XNOR LeNet-5, or with --float its full-precision twin, on MNIST, and exports it as ONNX."""
import gzip
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / 'training'))
from images import turn_zoom_shift
from loop import Data, Recipe, run
from options import parse
from xnor import Bin


def lenet5(binary=True):
    """[N, 1, 28, 28] -> [N, 10]. The first and the last layer stay float: few weights, and much to lose."""
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.BatchNorm2d(20, eps=1e-4, affine=False), nn.ReLU(),  # 20 x 24 x 24
        nn.MaxPool2d(2),                                                             # 20 x 12 x 12
        Bin(20, 50, 5, scale_k=True, binary=binary),                                 # 50 x 8 x 8
        nn.MaxPool2d(2),                                                             # 50 x 4 x 4
        Bin(800, 500, bn=nn.BatchNorm2d(50, eps=1e-4), binary=binary),               # 500
        nn.Linear(500, 10),
    )  # fmt: skip


def normalise(x):
    return (x.float() / 255 - 0.1307) / 0.3081


def read_idx(folder, name):
    """An idx file, gzipped or not: two zeros, a type (8: bytes), the number of axes, their lengths, the values."""
    path = folder / name
    raw = path.read_bytes() if path.exists() else gzip.open(f'{path}.gz').read()
    axes = raw[3]
    shape = np.frombuffer(raw, '>u4', axes, 4)
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(tuple(shape)).copy())


def read_mnist(folder):
    def images(name):
        return read_idx(folder, f'{name}-images-idx3-ubyte').unsqueeze(1)  # [N, 1, 28, 28]

    def labels(name):
        return read_idx(folder, f'{name}-labels-idx1-ubyte').long()

    return Data(images('train'), labels('train'), images('t10k'), labels('t10k'))


recipe = Recipe(
    name='lenet5',
    network=lenet5,
    prepare=normalise,
    augment=lambda x: turn_zoom_shift(normalise(x)),
    sample=torch.zeros(1, 1, 28, 28),
    inputs=['input'],
    outputs=['logits'],
    epochs=45,
    learning_rate=8e-3,
    warm_up=0.2,
    augment_until=0.85,
)

if __name__ == '__main__':
    options = parse(__doc__, 'folder with train-images-idx3-ubyte.gz and the three other files', here / 'out')
    run(recipe, read_mnist(options.data), options)
