"""Reads CIFAR-10 from a folder, in one of three layouts:

    data_batch_1.bin ... data_batch_5.bin, test_batch.bin     the "binary version" of the public distribution
    data_batch_1 ... data_batch_5, test_batch                 its "python version"
    train_1.jpg ... train_5.jpg, train_labels.u8, test_batch.bin   training images in five mosaics, 100 x 100 each

Any .bin may be gzipped (.bin.gz). The folder may also be the one above, cifar-10-batches-bin or -py within it.
"""
import gzip
import pickle

import numpy as np
import torch

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of red, green, blue, over the training images


def read_cifar10(folder):
    """Images uint8 [N, 3, 32, 32] and labels int64 [N]: train_x, train_y, test_x, test_y."""
    inner = [folder / name for name in ('cifar-10-batches-bin', 'cifar-10-batches-py') if (folder / name).is_dir()]
    folder = inner[0] if inner else folder
    if (folder / 'train_1.jpg').exists():
        train = read_mosaics(folder)
    else:
        batches = [read_batch(folder, f'data_batch_{k}') for k in range(1, 6)]
        train = [np.concatenate(parts) for parts in zip(*batches)]
    images, labels = zip(train, read_batch(folder, 'test_batch'))
    tensors = [torch.from_numpy(x.reshape(-1, 3, 32, 32)) for x in images], [torch.from_numpy(y) for y in labels]
    (train_x, test_x), (train_y, test_y) = tensors
    return train_x, train_y, test_x, test_y


def read_batch(folder, name):
    """Binary: records of 3,073 bytes, a label and three planes of 32 x 32. Python: a pickled dictionary."""
    if (folder / name).exists():
        with open(folder / name, 'rb') as file:
            batch = pickle.load(file, encoding='bytes')
        return batch[b'data'], np.array(batch[b'labels'])
    path = folder / f'{name}.bin'
    raw = path.read_bytes() if path.exists() else gzip.open(f'{path}.gz').read()
    records = np.frombuffer(raw, np.uint8).reshape(-1, 3073)
    return records[:, 1:].copy(), records[:, 0].astype(np.int64)


def read_mosaics(folder):
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # 3200 x 3200 pixels are meant, not an attack

    def mosaic(k):
        pixels = np.asarray(Image.open(folder / f'train_{k}.jpg')).reshape(100, 32, 100, 32, 3)
        return pixels.transpose(0, 2, 4, 1, 3).reshape(-1, 3, 32, 32)

    labels = np.fromfile(folder / 'train_labels.u8', np.uint8).astype(np.int64)
    return np.concatenate([mosaic(k) for k in range(1, 6)]), labels
