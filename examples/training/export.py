"""A trained network as ONNX files."""
import copy
import inspect

import torch
from xnor import freeze


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


def classic():
    """Newer versions of PyTorch have a second exporter, which needs more packages; the classic one will do."""
    return {'dynamo': False} if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}
