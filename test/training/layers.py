"""Checks layers of examples/training/xnor.py, and what native ones refuse; fails by an assertion."""
import pathlib
import sys

import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/training'))
from native import BinaryLayer
from xnor import Bin, Sign, revive


def slope_of_sign():
    x = torch.tensor([-1.5, -1.0, -0.75, -0.25, 0.0, 0.5, 1.0, 2.0], requires_grad=True)
    y = Sign.apply(x)
    y.backward(torch.full_like(x, 3.0))
    assert y.tolist() == [-1, -1, -1, -1, 0, 1, 1, 1]
    assert x.grad.tolist() == [0, 0, 1.5, 4.5, 6, 3, 0, 0]


def dead_filters_start_anew():
    network = nn.Sequential(Bin(8, 4, 3, 1), Bin(4, 4, 1))
    first, second = network
    first.op.bias.data[2] = -100.0
    before = first.op.weight.data.clone()
    second.bn.momentum = None  # the mean of what it reads
    x = torch.randn(16, 8, 6, 6)
    network(x)
    assert not first(x)[:, 2].any()
    assert revive(network) == 1
    assert first(x)[:, 2].var() > 1e-3
    alive = [0, 1, 3]
    assert torch.equal(first.op.weight.data[alive], before[alive])
    second.bn.reset_running_stats()
    network(x)
    assert revive(network) == 0


def native_layers_refuse_other_widths():
    channel = torch.ones(32)
    try:
        BinaryLayer.apply(torch.zeros(4, 32, 12, 12), *[channel] * 2, torch.ones(16, 32, 1, 1), channel[:16], *[channel] * 2, 0, 0)
    except ValueError as error:
        assert '8 k pixels wide, not [4, 32, 12, 12]' in str(error), error
    else:
        raise AssertionError('no error')


torch.manual_seed(1)
slope_of_sign()
dead_filters_start_anew()
native_layers_refuse_other_widths()
