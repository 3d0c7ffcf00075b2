"""A trained network as ONNX files."""
import copy
import inspect

import onnx
import torch
import torch.nn as nn
from onnx.numpy_helper import to_array
from xnor import Bin, freeze, unclamp


def export(model, folder, name, sample, inputs, outputs, binary):
    """Writes NAME.latent.onnx and NAME.binary.onnx of an XNOR network, NAME.float.onnx of its float twin.

    sample: an input of the network, [1, ...]. The model itself is not changed. Returns the paths.
    """
    paths = []
    for mode in ('latent', 'binary') if binary else ('float',):
        frozen = freeze(copy.deepcopy(model).cpu(), mode)
        paths.append(folder / f'{name}.{mode}.onnx')
        torch.onnx.export(
            frozen, sample, str(paths[-1]), input_names=inputs, output_names=outputs, opset_version=13, **classic()
        )
    return paths


def load_state(model, path):
    """Sets a model to a state of its own (.pt), or to what export wrote: a NAME.latent.onnx or NAME.float.onnx."""
    if path.suffix != '.onnx':
        model.load_state_dict(torch.load(path, map_location='cpu'))
        return
    state = read_state(path)
    for name, module in model.named_modules():
        # Exporters fold a batch norm into the convolution before it; what is left of it changes nothing.
        if isinstance(module, nn.BatchNorm2d) and f'{name}.running_var' not in state:
            state[f'{name}.running_mean'] = torch.zeros(module.num_features)
            state[f'{name}.running_var'] = torch.ones(module.num_features) - module.eps
        if isinstance(module, Bin) and module.mode == 'train':
            state[f'{name}.op.weight'] = unclamp(state[f'{name}.op.weight'])
    missing, unknown = model.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith('num_batches_tracked')]
    if missing or unknown:
        raise SystemExit(f'{path} is not of this network: without {missing}, with {unknown}')


def read_state(path):
    """Weights of an exported network by their names in PyTorch, some of which only nodes tell, such as /3/Conv."""
    graph = onnx.load(str(path)).graph
    tensors = {each.name: torch.from_numpy(to_array(each).copy()) for each in graph.initializer}
    for node in graph.node:
        folder, _, _ = node.name.strip('/').replace('/', '.').rpartition('.')
        for name, field in zip(node.input[1:], ('weight', 'bias')):
            if name.startswith('onnx::') and name in tensors:
                tensors[f'{folder}.{field}'] = tensors.pop(name)
    return tensors


def classic():
    """Newer versions of PyTorch have a second exporter, which needs more packages; the classic one will do."""
    return {'dynamo': False} if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}
