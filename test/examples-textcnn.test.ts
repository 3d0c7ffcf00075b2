import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokenizer } from '../examples/textcnn-imdb/tokenizer.js'
import { compile } from '../src/index.ts'
import { hasCompiler, SANITIZED } from './c-runner.ts'
import { isMissing, readShared } from './shared.ts'

const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
const example = resolve(import.meta.dirname, '../examples/textcnn-imdb')
const vocabularyPath = join(example, 'vocabulary.txt')
const folder = mkdtempSync(join(tmpdir(), 'xnorc-textcnn-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Reads texts, each ended by a zero, and writes 400 numbers of 64 bits for each: `tokens VOCABULARY TEXTS NUMBERS`. */
const DRIVER = `#include <stdio.h>
#include <stdlib.h>
#include "tokenizer.h"
int main(int count, char **arguments)
{
  vocabulary *words = count == 4 ? vocabulary_open(arguments[1]) : 0;
  FILE *in = words ? fopen(arguments[2], "rb") : 0, *out = in ? fopen(arguments[3], "wb") : 0;
  int64_t tokens[400];
  size_t length = 0, room = 16;
  char *text = (char *)malloc(room);
  if (!out) return 1;
  for (int c; (c = getc(in)) != EOF;) {
    if (length == room) text = (char *)realloc(text, room *= 2);
    text[length++] = (char)c;
    if (c) continue;
    /* As long as the text, so that sanitizers see what reads beyond it. */
    char *exact = (char *)malloc(length);
    for (size_t i = 0; i < length; i++) exact[i] = text[i];
    tokenize(words, exact, tokens, 400);
    fwrite(tokens, sizeof tokens, 1, out);
    free(exact);
    length = 0;
  }
  free(text);
  vocabulary_close(words);
  fclose(in);
  return fclose(out);
}
`

const readVocabulary = () => readFileSync(vocabularyPath, 'utf8').trimEnd().split('\n')

function tokenizeInC(texts: readonly string[], vocabulary = vocabularyPath): BigInt64Array {
  const [input, output] = [join(folder, 'texts'), join(folder, 'numbers')]
  writeFileSync(input, texts.map(text => `${text}\0`).join(''))
  execFileSync(join(folder, 'tokens'), [vocabulary, input, output])
  return new BigInt64Array(new Uint8Array(readFileSync(output)).buffer)
}

function tokenizeInJs(texts: readonly string[], vocabulary = readVocabulary()): BigInt64Array {
  const tokenize = createTokenizer(vocabulary)
  const numbers = new BigInt64Array(texts.length * 400)
  texts.forEach((text, i) => {
    numbers.set(tokenize(text), i * 400)
  })
  return numbers
}

/** Where two lists first differ, or nothing: expect() is slow on ten million numbers. */
const firstDifference = (a: BigInt64Array, b: BigInt64Array) =>
  a.length === b.length ? a.findIndex((value, i) => value !== b[i]) : 'lengths'

describe('the tokenizer in JavaScript', () => {
  const tokenize = createTokenizer(['<pad>', '<unk>', 'a', "don't", 'don', 't', '!', 'k', 'i', 'b'])
  test.each([
    ['', []],
    ["Don't", [3]],
    ["don''t", [4, 5]],
    ["don't't", [3, 5]],
    ["'don' t'", [4, 5]],
    ['a!!', [2, 6, 6]],
    ['xyz a1b', [1, 2, 9]],
    ['a<br />b<BR />a<br/>', [2, 9, 2, 1]],
    ['aéb', [2, 9]],
    ['\u212a \u0130b', [7, 8, 9]],
  ])('%j', (text, expected) => {
    const numbers = [...tokenize(text)].map(Number)
    expect(numbers.slice(0, expected.length)).toEqual(expected)
    expect(numbers.slice(expected.length).every(number => number === 0)).toBe(true)
  })
  test('cuts long texts', () => {
    expect([...tokenize('a '.repeat(9), 3)]).toEqual([2n, 2n, 2n])
  })
})

describe.skipIf(!hasCompiler('gcc'))('the example in C', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'driver.c'), DRIVER)
    const sources = ['driver.c', join(example, 'tokenizer.c')]
    execFileSync('gcc', [...STRICT, ...SANITIZED, `-I${example}`, ...sources, '-o', 'tokens'], { cwd: folder })
    const model = new Uint8Array(readFileSync(join(example, 'textcnn.binary.onnx')))
    const { files } = await compile(model, { target: 'c', name: 'textcnn' })
    for (const { path, content } of files) writeFileSync(join(folder, path), content)
    const program = [join(example, 'main.c'), join(example, 'tokenizer.c'), 'textcnn.c', '-lm', '-o', 'review']
    execFileSync('gcc', [...STRICT, '-O2', '-I.', ...program], { cwd: folder })
  }, 60_000)

  test('finds the same words as in JavaScript in odd texts', () => {
    const texts = [
      ...[
        '',
        ' ',
        '!',
        "'",
        "''",
        "a'",
        "'a",
        "it's",
        "It'S",
        "o'neil's",
        "rock'n'roll",
        'wow!!!?',
        'a1b2',
        '<',
        '<b',
        '<br /',
      ],
      ...[
        '<br />',
        '<BR />',
        '<bR /><br />a',
        '<<br />',
        '<b<br />r />',
        "it<br />'s",
        '<i>film</i>',
        '&quot;film&quot;',
      ],
      ...[
        'naïve café',
        'film\u00a0good',
        '«film»',
        'fi\u0301lm',
        '\u{1f600}film\u{1f600}',
        'ＦＩＬＭ',
        '\u212aing',
        '\u0130n',
        'k\u212a\u0130',
      ],
      ...[
        'a'.repeat(62),
        'a'.repeat(63),
        'a'.repeat(64),
        'a'.repeat(65),
        'a'.repeat(500),
        `${'a'.repeat(70)}'s`,
        'film '.repeat(500),
      ],
      ...['\ufeffthe film', 'the\tfilm\r\nis\vgood\f!', '\u0001film\u007f', '\ufffd\ufffe', 'ǅ ß ſ ŉ'],
    ]
    expect(firstDifference(tokenizeInC(texts), tokenizeInJs(texts))).toBe(-1)
  })

  test('finds the same words around every character', () => {
    const small = join(folder, 'small.txt')
    writeFileSync(small, '<pad>\n<unk>\na\nb\nab\nk\ni\nakb\naib\nai\n!\n?\n')
    const vocabulary = readFileSync(small, 'utf8').trimEnd().split('\n')
    const places = Array.from({ length: 0x11000 }, (_, code) => code).filter(
      code => code > 0 && (code < 0xd800 || code > 0xdfff),
    )
    // 100 characters a text: each stands between an a and a b.
    const texts = Array.from({ length: Math.ceil(places.length / 100) }, (_, row) =>
      places
        .slice(row * 100, row * 100 + 100)
        .map(code => `a${String.fromCodePoint(code)}b `)
        .join(''),
    )
    expect(firstDifference(tokenizeInC(texts, small), tokenizeInJs(texts, vocabulary))).toBe(-1)
  })

  test.skipIf(isMissing('data/imdb'))('finds the words that the network was trained with, in 25,000 reviews', () => {
    const lines = gunzipSync(readShared('data/imdb/imdb_50k.tsv.gz')).toString('utf8').split('\n')
    const rows = lines.map(line => line.split('\t')).filter(([split]) => split === 'test')
    const reviews = ['neg', 'pos'].flatMap(label => rows.filter(row => row[1] === label).map(row => row[4]!))
    const numbers = tokenizeInC(reviews)
    expect(firstDifference(numbers, tokenizeInJs(reviews))).toBe(-1)
    const trained = gunzipSync(readShared('data/imdb/test_tokens.u16.gz'))
    const expected = BigInt64Array.from({ length: trained.length / 2 }, (_, i) => BigInt(trained.readUInt16LE(i * 2)))
    expect(firstDifference(numbers, expected)).toBe(-1)
  })

  test('classifies a review from the command line', () => {
    const review = (text: string) => execFileSync(join(folder, 'review'), [vocabularyPath, text], { encoding: 'utf8' })
    expect(review('A wonderful film, I loved every minute of it.')).toMatch(/^positive \(\d+\.\d %\)\n$/)
    expect(review("Boring and badly acted. Don't waste your time!")).toMatch(/^negative \(\d+\.\d %\)\n$/)
  })

  test('says what is wrong with its arguments', () => {
    const run =
      (...args: string[]) =>
      () =>
        execFileSync(join(folder, 'review'), args, { stdio: 'pipe' })
    expect(run()).toThrow(/usage: .*review vocabulary.txt REVIEW/)
    expect(run('/nowhere', 'good')).toThrow('/nowhere: cannot be read')
  })
})
