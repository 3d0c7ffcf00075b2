"""Reads the IMDB reviews from a folder, in one of two layouts:

    train/pos/*.txt, train/neg/*.txt, test/...     the public distribution ("aclImdb"), or the folder above
    imdb_50k.tsv.gz                                one table: split, label (pos or neg), id, rating, text
"""
import gzip
import re
from collections import Counter

import torch

PADDING, UNKNOWN = 0, 1


def words(text):
    """Lower-case words, with one apostrophe at most, and the marks ! and ?; as both tokenizers find them."""
    return re.findall(r"[a-z]+(?:'[a-z]+)?|[!?]", text.lower().replace('<br />', ' '))


def read_imdb(folder, vocabulary_size, length):
    """Word numbers int32 [N, length] and labels int64 [N], 1 being positive, in an order that is always the same.

    Returns train_x, train_y, test_x, test_y and the vocabulary, a list of words.
    """
    splits = {split: [(words(text), label) for text, label in read_split(folder, split)] for split in ('train', 'test')}
    counts = Counter(word for review, _ in splits['train'] for word in review)
    vocabulary = ['<pad>', '<unk>'] + [word for word, _ in counts.most_common(vocabulary_size - 2)]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    tensors = []
    for reviews in splits.values():
        # The files have all negative reviews before the positive ones.
        order = torch.randperm(len(reviews), generator=torch.Generator().manual_seed(0))
        tokens = [encode(review, numbers, length) for review, _ in reviews]
        tensors.append(torch.tensor(tokens, dtype=torch.int32)[order])
        tensors.append(torch.tensor([label for _, label in reviews])[order])
    return (*tensors, vocabulary)


def encode(review, numbers, length):
    known = [numbers.get(word, UNKNOWN) for word in review[:length]]
    return known + [PADDING] * (length - len(known))


def read_split(folder, split):
    """(text, label) of every review."""
    table = folder / 'imdb_50k.tsv.gz'
    if table.exists():
        with gzip.open(table, 'rt', encoding='utf8') as file:
            rows = [line.rstrip('\n').split('\t') for line in file][1:]
        return [(row[4], int(row[1] == 'pos')) for row in rows if row[0] == split]
    folder = folder / 'aclImdb' if (folder / 'aclImdb').is_dir() else folder
    reviews = []
    for label, name in enumerate(('neg', 'pos')):
        paths = sorted((folder / split / name).glob('*.txt'))
        reviews += [(path.read_text(encoding='utf8'), label) for path in paths]
    if not reviews:
        raise SystemExit(f'{folder} has neither {split}/pos/*.txt nor imdb_50k.tsv.gz')
    return reviews


def read_glove(path, vocabulary, width):
    """Vectors float32 [words, width] from a GloVe file, `word v1 ... v_width` a line, and which words it has, bool."""
    numbers = {word: number for number, word in enumerate(vocabulary)}
    vectors, found = torch.zeros(len(vocabulary), width), torch.zeros(len(vocabulary), dtype=torch.bool)
    with open(path, encoding='utf8') as file:
        for line in file:
            word, *values = line.rstrip().split(' ')
            if word in numbers and len(values) == width:
                vectors[numbers[word]] = torch.tensor([float(value) for value in values])
                found[numbers[word]] = True
    if not found.any():
        raise SystemExit(f'{path} has no vectors of {width} numbers for these words')
    return vectors, found
