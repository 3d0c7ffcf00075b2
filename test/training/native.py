"""Prints how far examples/training/native is from PyTorch, as JSON: {layer: {of what: relative error}}."""
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'examples/training'))
from xnor import Bin, use_native_layers


def main():
    torch.manual_seed(1)
    # What the last kernel of NIN has, and the odd: channels that fill no block, pixels of one block, a border of 2.
    layers = {'3 x 3': (192, 192, 3, 1, 8), '1 x 1': (160, 96, 1, 0, 16), '5 x 5': (96, 32, 5, 2, 8)}
    print(json.dumps({name: errors(*layer) for name, layer in layers.items()}))


def errors(cin, cout, k, pad, width):
    layer = Bin(cin, cout, k, pad)
    layer.bn.weight.data.uniform_(0.5, 1.5)
    layer.bn.bias.data.normal_(0, 0.3)
    # One alpha for all filters, a power of two: then 8 bits hold these gradients, and no sum is rounded.
    layer.op.weight.data = layer.op.weight.data.sign() / 16
    x = 2 * torch.randn(8, cin, width, width).relu().bfloat16().float()
    gradient = torch.randint(-127, 128, (8, cout, width, width)).float()
    expected, actual = both(layer, x, gradient)
    kept = (expected['y'] > 0) & (torch.rand(gradient.shape) < 0.1)
    gradient[kept] = 127.0  # the largest of every filter and image, so that the unit is 1
    expected, actual = both(layer, x, gradient)
    result = {name: relative(actual[name], value) for name, value in expected.items()}

    # Any other gradient is rounded at random: the mean of many is closer than one.
    gradient = torch.randn(8, cout, width, width) ** 3
    expected, actual = both(layer, x, gradient)
    many = [pass_through(layer, x, gradient, native=True)['x'] for _ in range(16)]
    result['once'] = relative(actual['x'], expected['x'])
    result['mean of 16'] = relative(sum(many) / len(many), expected['x'])
    return result


def both(layer, x, gradient):
    return pass_through(layer, x, gradient, native=False), pass_through(layer, x, gradient, native=True)


def pass_through(layer, x, gradient, native):
    """The result, the gradients, and what the batch norm has learned of its input."""
    layer.native = native
    layer.bn.reset_running_stats()
    layer.zero_grad()
    x = x.clone().requires_grad_()
    y = layer(x)
    y.backward(gradient.to(y.dtype))
    state = {name: value for name, value in layer.bn.named_buffers() if value.dtype == torch.float32}
    parameters = {name: parameter.grad.clone() for name, parameter in layer.named_parameters()}
    return {'y': y.detach().float(), 'x': x.grad, **parameters, **{name: value.clone() for name, value in state.items()}}


def relative(actual, expected):
    return ((actual - expected).norm() / expected.norm()).item()


main()
