"""A line of JSON per tested epoch, as `xnorc report --log` reads them."""
import json

import torch
import torch.nn as nn
from xnor import Bin, centre_clamp

BINS = 40
LAYERS = nn.Conv1d, nn.Conv2d, nn.Linear, nn.Embedding


def write_log(path, history, epochs):
    """history: rows {'train_loss', 'test_loss', 'accuracy' in percent, 'parameters'}; epochs: how many the recipe takes.

    The file is written whole, so that a training that goes on has its first epochs in it, too.
    """
    lines = []
    for epoch, row in enumerate(history, start=1):
        if 'accuracy' in row:
            figures = {'epoch': epoch, 'epochs': epochs, 'loss': row['test_loss'], 'accuracy': row['accuracy'] / 100}
            figures['train_loss'] = row['train_loss']
            lines.append(json.dumps({**figures, 'parameters': row.get('parameters', [])}) + '\n')
    path.write_text(''.join(lines))


def spreads(model):
    """Histograms of the weights and biases of every layer with weights, in the order of the network.

    Bin k counts what is in [start + k width, start + (k + 1) width). Weights of binary layers are the latent ones, as
    their signs are taken: centred and clamped.
    """
    latent = {module.op for module in model.modules() if isinstance(module, Bin) and module.mode == 'train'}
    found = []
    for name, module in model.named_modules():
        if not isinstance(module, LAYERS):
            continue
        weight = module.weight.detach()
        found.append(spread(f'{name}.weight', centre_clamp(weight) if module in latent else weight))
        if getattr(module, 'bias', None) is not None:
            found.append(spread(f'{name}.bias', module.bias.detach()))
    return found


def spread(name, values):
    low, high = values.min().item(), values.max().item()
    bins = BINS if high > low else 1
    counts = torch.histc(values.float().cpu(), bins, low, high) if high > low else torch.tensor([values.numel()])
    return {
        'name': name,
        'shape': list(values.shape),
        'start': float(f'{low:.6g}'),
        'width': float(f'{(high - low) / bins:.6g}'),
        'counts': counts.long().tolist(),
    }
