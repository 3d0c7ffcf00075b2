"""Binary layers in C, for training on a processor with AVX-512: compiles the files beside this one and calls them.

layer.h says what is computed, and how exactly.
"""
import ctypes
import functools
import os
import pathlib
import subprocess
import tempfile

import torch

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ['-O3', '-march=native', '-funroll-loops', '-fopenmp', '-shared', '-fPIC']


@functools.lru_cache(None)
def library():
    """The C files, compiled with $CC for this machine."""
    keep_memory()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'layers.so')
        sources = map(str, sorted(HERE.glob('*.c')))
        if subprocess.run([os.environ.get('CC', 'cc'), *FLAGS, *sources, '-o', path]).returncode:
            raise SystemExit('the binary layers cannot be compiled for this machine: train without --native')
        return ctypes.CDLL(path)


def keep_memory():
    """Has glibc reuse the memory of tensors: to get new pages for each costs as much as a layer."""
    libc, mmap_max, trim_threshold = ctypes.CDLL(None), -4, -1
    if hasattr(libc, 'mallopt'):
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in 'images height width channels filters kernel pad'.split()]


class BinaryLayer(torch.autograd.Function):
    """relu(conv(sign(batch_norm(x)), B) + bias), x [N, C, H, W], B = alpha sign(W) [F, C, k, k].

    Its gradient takes mean and variance for those of x: they come from moments(x), except in tests.
    """

    @staticmethod
    def forward(ctx, x, gain, shift, b, bias, mean, variance, eps, pad):
        if x.shape[3] % 8:
            raise ValueError(f'native layers take images 8 k pixels wide, not {list(x.shape)}')
        kind = x.dtype
        x, b = nhwc(x), b.contiguous(memory_format=torch.channels_last)
        inverse = (variance + eps).rsqrt()
        scale = gain.detach() * inverse
        offset = shift.detach() - mean * scale
        shape = shape_of(x, b.shape[0], b.shape[2], pad)
        size = x.shape[0], b.shape[0], *x.shape[2:]
        y = torch.empty(size, dtype=torch.bfloat16, memory_format=torch.channels_last)
        call('binary_forward', shape, x, scale, offset, b, bias, y)
        ctx.save_for_backward(x, y, scale, offset, mean, inverse, b)
        ctx.shape = shape
        return y.to(kind)

    @staticmethod
    def backward(ctx, dy):
        x, y, scale, offset, mean, inverse, b = ctx.saved_tensors
        if len(x) % 4:
            raise ValueError(f'native layers learn from batches of 4 k images, not of {len(x)}')
        dx, db, dbias = torch.empty_like(x), torch.zeros_like(b), torch.zeros(b.shape[0])
        dgain, dshift = torch.zeros(2, x.shape[1])
        seed = torch.randint(2**30, (1,), dtype=torch.int32)
        tensors = x, y, nhwc(dy), scale, offset, mean, inverse, b, seed, dx, db, dbias, dgain, dshift
        call('binary_backward', ctx.shape, *tensors)
        return dx, dgain * inverse, dshift, db, dbias, None, None, None, None


def moments(x):
    """Mean and variance of each channel of x [N, C, H, W]."""
    mean, variance = torch.empty(2, x.shape[1])
    call('channel_moments', shape_of(x), nhwc(x), mean, variance)
    return mean, variance


def shape_of(x, filters=0, kernel=0, pad=0):
    (n, c, h, w) = x.shape
    return Shape(n, h, w, c, filters, kernel, pad)


def call(name, shape, *tensors):
    function = getattr(library(), name)
    function.restype = None
    function(shape, *(ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors))


def nhwc(x):
    return x.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
