"""Layers of XNOR-Net for PyTorch 1.13 and newer.

An XNOR network multiplies signs with signs, so that a machine can count equal bits where
a float network multiplies and adds. For one filter W of n weights and one window X of inputs,

    W * X   is replaced by   alpha K (sign(W) . sign(X)) + bias,

    alpha = mean |W|                      one scale per filter        (eq. 6 of the paper)
    K     = mean |X| over the window      one scale per output pixel  (section 3.2), optional

Training keeps float weights, called latent: every forward pass takes their signs, every
backward pass moves the floats. A weight changes its bit when its latent value crosses zero.

Every layer here has a float mode too, which makes the full-precision twin of a network:
the same layers and the same parameter names, but nothing is rounded to a sign.

Reference: M. Rastegari, V. Ordonez, J. Redmon, A. Farhadi: XNOR-Net: ImageNet Classification
Using Binary Convolutional Neural Networks, ECCV 2016, https://arxiv.org/abs/1603.05279
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from native import BinaryLayer, moments


class Sign(torch.autograd.Function):
    """sign(x), with a gradient to learn from.

    The derivative of sign is 0 almost everywhere. The backward pass pretends that sign was a curve of
    two parabolas, close to it around 0 where a small step can change the bit:

        forward    y = sign(x)
        backward   dL/dx = dL/dy (2 - 2 |x|)  where |x| < 1, else 0

    Z. Liu et al.: Bi-Real Net, ECCV 2018, section 3.3. XNOR-Net itself takes 1 for 2 - 2 |x|.
    """

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (2 - 2 * x.abs()).clamp(min=0).to(gradient.dtype)


class BinaryWeight(torch.autograd.Function):
    """B = alpha sign(W) with alpha = mean |W| per filter; W is [filters, ...], n weights per filter.

    A weight acts in two ways, through its own sign and through the alpha of its filter:

        dL/dW_i = alpha dL/dB_i [|W_i| < 1]                   its sign, straight through
                + sign(W_i) / n  sum_j sign(W_j) dL/dB_j      its share of alpha

    XNOR-Net's text (section 3.1) keeps only the diagonal j = i of the sum; this is the full one.
    """

    @staticmethod
    def forward(ctx, weight):
        alpha = weight.abs().flatten(1).mean(1).view(-1, *[1] * (weight.dim() - 1))
        ctx.save_for_backward(weight, alpha)
        return alpha * weight.sign()

    @staticmethod
    def backward(ctx, gradient):
        weight, alpha = ctx.saved_tensors
        sign, n = weight.sign(), weight[0].numel()
        through_sign = alpha * gradient * (weight.abs() < 1).to(gradient.dtype)
        through_alpha = sign * (sign * gradient).flatten(1).sum(1).view_as(alpha) / n
        return through_sign + through_alpha


def centre_clamp(weight):
    """Latent weights [filters, channels, ...] as they are binarized: mean 0 over the channels, within [-1, 1].

    Centring balances the two signs, which is when a bit tells most. The clamp keeps weights within reach:
    outside [-1, 1] the sign passes no gradient, so a weight that drifted far out would never return.
    """
    return (weight - weight.mean(1, keepdim=True)).clamp(-1, 1)


def unclamp(weight):
    """Latent weights from which centre_clamp makes these: what it clamped is moved out until the mean is 0 again."""
    lack = -weight.sum(1, keepdim=True)
    clamped = (weight.abs() >= 1) & (weight.sign() == lack.sign())
    return weight + clamped * lack / clamped.sum(1, keepdim=True).clamp(min=1)


def clamp_bn(model):
    """Call after every step: keeps the gains of batch norms positive.

    A gain near 0 makes the bits behind it constant, and one that turns negative flips all of them at once.
    """
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and module.affine:
            module.weight.data.clamp_(min=0.01)


class Bin(nn.Module):
    """A binary layer: batch norm, sign, dropout, convolution (or dense layer for k = 0), K map, ReLU.

        x [N, cin, H, W]  ->  [N, cout, H', W']     k x k convolution with `pad` zeros around
        x [N, ...]        ->  [N, cout]             dense, on the flattened x; cin counts features

    scale_k  multiplies by the K map: K = box_k(mean over channels of |x|), [N, 1, H', W']
    bn       a batch norm of another width than cin, for a dense layer behind an image
    binary   False: the float twin. No sign, no K map, and the weights as they are

    `mode` says what `op.weight` holds: 'train' latent weights; 'latent' and 'binary' see freeze(); 'float'.
    """

    def __init__(self, cin, cout, k=0, pad=0, dropout=0.0, scale_k=False, bn=None, relu=True, binary=True):
        super().__init__()
        self.bn = bn or nn.BatchNorm2d(cin, eps=1e-4)
        self.op = nn.Conv2d(cin, cout, k, padding=pad) if k else nn.Linear(cin, cout)
        self.drop = nn.Dropout(dropout) if dropout else None
        self.k, self.pad, self.scale_k, self.relu = k, pad, scale_k and binary, relu
        self.mode = 'train' if binary else 'float'
        self.native = False
        if self.scale_k:
            # A constant, so no part of the state: the float twin has none.
            self.register_buffer('box', torch.full((1, 1, k, k), 1.0 / (k * k)), persistent=False)

    def forward(self, x):
        if self.native:
            return self.natively(x)
        x = self.bn(x)
        k_map = F.conv2d(x.abs().mean(1, keepdim=True), self.box, padding=self.pad) if self.scale_k else None
        x = self.binarize(x)
        if self.drop is not None:
            x = self.drop(x)
        if not self.k:
            x = F.linear(x.flatten(1), self.weight(), self.op.bias)
        elif k_map is None:
            x = F.conv2d(x, self.weight(), self.op.bias, padding=self.pad)
        else:  # the scale belongs to the sum of bits, not to the bias
            x = F.conv2d(x, self.weight(), None, padding=self.pad) * k_map + self.op.bias.view(1, -1, 1, 1)
        return F.relu(x) if self.relu else x

    def can_be_native(self):
        whole = self.op.weight.shape[0] % 16 == 0 and self.op.weight.shape[1] % 32 == 0
        plain = self.k > 0 and self.relu and not self.scale_k and (self.drop is None or self.drop.p == 0)
        return self.mode == 'train' and whole and plain

    def natively(self, x):
        """What forward computes, in C."""
        bn = self.bn
        mean, variance = moments(x) if bn.training else (bn.running_mean, bn.running_var)
        if bn.training:
            n = x.numel() // x.shape[1]
            bn.running_mean.lerp_(mean, bn.momentum)
            bn.running_var.lerp_(variance * n / (n - 1), bn.momentum)
        return BinaryLayer.apply(x, bn.weight, bn.bias, self.weight(), self.op.bias, mean, variance, bn.eps, self.pad)

    def binarize(self, x):
        if self.mode == 'float':
            return x
        # Exporters know torch.sign, but not a Function of our own.
        return Sign.apply(x) if self.mode == 'train' else torch.sign(x)

    def weight(self):
        return BinaryWeight.apply(centre_clamp(self.op.weight)) if self.mode == 'train' else self.op.weight


def revive(model):
    """Call between epochs, while steps are large: starts filters anew that say the same of every image.

    Returns how many. Behind a ReLU that is always 0 there is no gradient that could ever change a filter again, and
    large steps bring many filters there. What a filter says is read from the batch norm behind it; models are taken
    to be sequential.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    behind = dict(zip(norms, norms[1:]))
    count = 0
    for layer in [module for module in model.modules() if isinstance(module, Bin)]:
        norm = behind.get(layer.bn)
        if layer.mode != 'train' or norm is None or norm.num_features != layer.op.weight.shape[0]:
            continue
        square, variance = norm.running_mean**2, norm.running_var
        same = (variance < 1e-5) | (square < 1e-3 * variance)
        weight, bias = layer.op.weight.data, layer.op.bias.data
        if same.any() and not same.all():
            spread = centre_clamp(weight[~same]).std()
            weight[same], bias[same] = torch.randn_like(weight[same]) * spread, 0.0
        count += int(same.sum())
    return count


def use_native_layers(model):
    """Has those layers computed in C that can be: convolutions of 32 k to 16 k channels without dropout or K map."""
    layers = [module for module in model.modules() if isinstance(module, Bin)]
    for layer in layers:
        layer.native = layer.can_be_native()
    print(f'{sum(layer.native for layer in layers)} of {len(layers)} binary layers are computed natively')


def freeze(model, mode):
    """Rewrites the binary layers of a trained model for export, in place.

    'latent'  the float weights, centred and clamped: the compiler is to compute alpha and the signs
    'binary'  alpha sign(W): the network as it was trained, in any runtime
    Layers of a float twin stay as they are.
    """
    for module in model.modules():
        if isinstance(module, Bin) and module.mode != 'float':
            weight = centre_clamp(module.op.weight.data)
            module.op.weight.data = weight if mode == 'latent' else BinaryWeight.apply(weight)
            module.mode, module.native = mode, False
    return model.eval()
