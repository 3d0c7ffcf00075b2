"""Scores an array of samples with Dask, chunk by chunk, over processes of this machine or the workers of a cluster.

The scores of a chunk go to a file of their own, so a run that was stopped goes on with the chunks that are missing.
"""
import argparse
import hashlib
import importlib
import json
import os
import pathlib
import time
from importlib.machinery import EXTENSION_SUFFIXES

import dask
import numpy
from distributed import Client, LocalCluster


def score(network, images, labels, out, first, last):
    """How many samples of a chunk get their largest value at their class, and how many were computed for it."""
    path = out / f'{first:09}.npy'
    is_new = not path.exists()
    if is_new:
        samples = numpy.load(images, mmap_mode='r')[first:last]
        unfinished = path.with_suffix(f'.{os.getpid()}.npy')
        numpy.save(unfinished, importlib.import_module(network).run(samples))
        os.replace(unfinished, path)
    right = numpy.load(path).argmax(1) == numpy.load(labels, mmap_mode='r')[first:last]
    return int(right.sum()), len(right) if is_new else 0


def describe(options):
    """What scores depend on: those of another network or of other samples must not be taken for ours."""
    module = pathlib.Path(importlib.import_module(options.network).__file__)
    libraries = [module.with_name(f'_{options.network}{suffix}') for suffix in EXTENSION_SUFFIXES]
    library = next(path for path in libraries if path.exists())
    return {'chunk': options.chunk, 'images': digest(options.images), 'network': digest(library)}


def digest(path):
    found = hashlib.sha256()
    with open(path, 'rb') as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def open_folder(folder, description):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / 'of.json'
    if path.exists() and json.loads(path.read_text()) != description:
        raise SystemExit(f'{folder} has scores of another network, other images or other chunks: choose another --out')
    path.write_text(json.dumps(description))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('images', type=pathlib.Path, help='a .npy file: [N, …] of the type that the network takes')
    add('labels', type=pathlib.Path, help='a .npy file: the class of each')
    add('--network', default='lenet5', help='module that xnorc compile --package python wrote (%(default)s)')
    add('--out', type=pathlib.Path, default='scores', metavar='DIR', help='a file of scores per chunk (%(default)s)')
    add('--chunk', type=int, default=500, help='samples of a task (%(default)s)')
    add('--workers', type=int, default=1, help='processes of this machine (%(default)s)')
    add('--scheduler', metavar='ADDRESS', help='of a cluster that runs, instead: tcp://host:8786')
    options = parser.parse_args()

    open_folder(options.out, describe(options))
    paths = [path.resolve() for path in (options.images, options.labels, options.out)]
    count = len(numpy.load(options.images, mmap_mode='r'))
    chunks = [
        dask.delayed(score)(options.network, *paths, first, min(first + options.chunk, count))
        for first in range(0, count, options.chunk)
    ]
    local = dict(n_workers=options.workers, threads_per_worker=1, dashboard_address=None)
    with Client(options.scheduler or LocalCluster(**local)) as client:
        # Every worker has loaded the network before the clock starts.
        client.run(importlib.import_module, options.network)
        started = time.monotonic()
        results = dask.compute(*chunks)
        seconds = time.monotonic() - started
        workers = len(client.scheduler_info()['workers'])
    correct, new = (sum(column) for column in zip(*results))
    print(f'{new} images by {workers} workers, {new / seconds:.0f} images/s')
    print(f'{correct} of {count} right, {100 * correct / count:.2f} %')


if __name__ == '__main__':
    main()
