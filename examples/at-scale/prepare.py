"""Writes MNIST's test digits as data that others have: images.npy and labels.npy, and a database, digits.db."""
import argparse
import gzip
import pathlib
import sqlite3

import numpy

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--data', type=pathlib.Path, required=True, metavar='DIR', help='folder with t10k-*-ubyte.gz')
parser.add_argument('--out', type=pathlib.Path, required=True, metavar='DIR')
options = parser.parse_args()


def read(name, head):
    return numpy.frombuffer(gzip.open(options.data / name).read(), numpy.uint8, offset=head)


images = read('t10k-images-idx3-ubyte.gz', 16).reshape(-1, 1, 28, 28)
labels = read('t10k-labels-idx1-ubyte.gz', 8)
options.out.mkdir(parents=True, exist_ok=True)
numpy.save(options.out / 'images.npy', images)
numpy.save(options.out / 'labels.npy', labels)

database = sqlite3.connect(options.out / 'digits.db')
with database:
    database.execute('CREATE TABLE digits (id INTEGER PRIMARY KEY, image BLOB, label INTEGER)')
    rows = ((image.tobytes(), int(label)) for image, label in zip(images, labels))
    database.executemany('INSERT INTO digits (image, label) VALUES (?, ?)', rows)
print(f'{len(images)} digits in {options.out}')
