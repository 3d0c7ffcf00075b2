"""Trains a binarized text network, or with --float its full-precision twin, on IMDB, and exports it as ONNX.

Y. Kim, Convolutional Neural Networks for Sentence Classification, 2014: n-grams of word vectors, the maximum of each
over time, a dense layer. Here the word vectors and the n-grams are signs.
"""
import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / 'training'))
from imdb import PADDING, UNKNOWN, read_glove, read_imdb
from loop import Data, Recipe, run
from options import parse
from xnor import Bin

LENGTH, VOCABULARY, WIDTH, FILTERS = 400, 20_000, 100, 100


class NGrams(Bin):
    """Binary filters over n neighbouring words, the maximum over time of each: [N, WIDTH, LENGTH] -> [N, FILTERS].

    The sign of x is taken before, once for all n. What Bin says of `mode` holds here too.
    """

    def __init__(self, n, binary):
        nn.Module.__init__(self)
        self.op = nn.Conv1d(WIDTH, FILTERS, n)
        self.mode = 'train' if binary else 'float'

    def forward(self, x):
        return F.relu(F.conv1d(x, self.weight(), self.op.bias)).max(2)[0]


class TextCNN(nn.Module):
    """Word numbers int64 [N, LENGTH] -> scores [N, 2]: negative, positive."""

    def __init__(self, binary=True):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.norm = nn.BatchNorm1d(WIDTH, eps=1e-4)
        self.ngrams = nn.ModuleList([NGrams(n, binary) for n in (3, 4, 5)])
        self.norm2 = nn.BatchNorm1d(3 * FILTERS, eps=1e-4)
        self.dropout = nn.Dropout(0.5)
        self.dense = nn.Linear(3 * FILTERS, 2)

    def forward(self, tokens):
        x = self.norm(self.embedding(tokens).transpose(1, 2))
        x = self.ngrams[0].binarize(x)
        x = torch.cat([ngram(x) for ngram in self.ngrams], 1)
        return self.dense(self.dropout(self.norm2(x)))


def forget_words(tokens):
    """One word of ten becomes the unknown one, so that the network learns not to rely on single words."""
    forgotten = (torch.rand(tokens.shape, device=tokens.device) < 0.1) & (tokens != PADDING)
    return tokens.long().masked_fill(forgotten, UNKNOWN)


def network(glove, vocabulary):
    """Makes networks whose word vectors start as GloVe's, scaled to the spread of the others."""

    def make(binary):
        model = TextCNN(binary)
        if glove:
            vectors, found = read_glove(glove, vocabulary, WIDTH)
            model.embedding.weight.data[: len(vocabulary)][found] = vectors[found] / vectors[found].std()
            print(f'{glove}: vectors for {int(found.sum())} of {len(vocabulary)} words')
        return model

    return make


def main():
    glove = {'type': pathlib.Path, 'metavar': 'FILE', 'help': 'start from these word vectors (glove.6B.100d.txt)'}
    layouts = 'folder with the reviews, in one of the layouts that imdb.py lists'
    options = parse(__doc__, layouts, here / 'out', [('--glove', glove)])
    *tensors, vocabulary = read_imdb(options.data, VOCABULARY, LENGTH)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / 'vocabulary.txt').write_text('\n'.join(vocabulary) + '\n')
    recipe = Recipe(
        name='textcnn',
        network=network(options.glove, vocabulary),
        prepare=lambda tokens: tokens.long(),
        augment=forget_words,
        sample=torch.zeros(1, LENGTH, dtype=torch.int64),
        inputs=['tokens'],
        outputs=['logits'],
        epochs=7,
        learning_rate=3e-3,
        warm_up=0.2,
        batch=64,
        weight_decay=1e-6,
    )
    run(recipe, Data(*tensors), options)


if __name__ == '__main__':
    main()
