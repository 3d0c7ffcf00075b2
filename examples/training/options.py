"""The options that all train.py share."""
import argparse
import pathlib

import processes
import torch


def parse(description, data, out, more=()):
    """data: help for --data; out: the default of --out.

    more: options of one script, each a name and the arguments of add_argument.
    """
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add('--data', type=pathlib.Path, required=True, metavar='DIR', help=data)
    add('--out', type=pathlib.Path, default=out, metavar='DIR', help='for checkpoint, state, plot, ONNX (%(default)s)')
    length = parser.add_mutually_exclusive_group()
    length.add_argument('--epochs', type=int, help="how long to train (the recipe's)")
    length.add_argument('--minutes', type=float, help='how long to train, by the clock')
    add('--float', action='store_true', help='train the full-precision twin instead')
    add('--init', type=pathlib.Path, metavar='FILE', help='start from this NAME.pt, or exported .latent or .float.onnx')
    add('--resume', action='store_true', help='continue from the checkpoint in --out')
    add('--learning-rate', type=float, help="the highest (the recipe's)")
    add('--label-smoothing', type=float, default=0.0, help='shared by all classes (%(default)s; 0.1 is usual)')
    add('--dropout', type=float, help="probability of each dropout (the network's; a short training may want less)")
    add('--keep', choices=['best', 'last'], default='best', help='epoch to export: best on the test set, or last')
    add('--test-every', type=int, default=1, metavar='N', help='epochs from test to test; the last is always tested')
    add('--bfloat16', action='store_true', help='faster on processors that have it')
    add('--native', action='store_true', help='binary layers in C: twice as fast, on processors with AVX-512')
    add('--log', type=pathlib.Path, metavar='FILE', help='write loss and accuracy of every tested epoch, for xnorc report')
    add('--device', default='cuda' if torch.cuda.is_available() else 'cpu', help='where to train (%(default)s)')
    add('--processes', type=int, default=1, metavar='N', help='each with a part of every batch (%(default)s)')
    add('--threads', type=int, help='of the CPU, for each process')
    add('--limit', type=int, metavar='N', help='use only the first N samples, to try the script')
    add('--seed', type=int, default=1, help='of random numbers (%(default)s)')
    for name, settings in more:
        add(name, **settings)
    options = parser.parse_args()
    if options.processes > 1 and options.minutes is not None:
        parser.error('--processes: their clocks differ; give --epochs instead of --minutes')
    if options.processes > 1 and not processes.is_started():
        raise SystemExit(processes.start(options.processes))
    return options
