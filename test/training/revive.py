"""Kills a filter of a small network and revives it; fails by an assertion."""
import pathlib
import sys

import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/training'))
from xnor import Bin, revive

torch.manual_seed(1)
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
