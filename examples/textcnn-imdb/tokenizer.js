/**
 * From text to the numbers of words, as imdb.py does it for training. `vocabulary` holds the words in order: those of
 * vocabulary.txt, a line each.
 * @param {readonly string[]} vocabulary
 * @returns {(text: string, count?: number) => BigInt64Array} the numbers of the first `count` words: 1 for a word that is
 *   not in the vocabulary, 0 after the last
 */
export function createTokenizer(vocabulary) {
  const [padding, unknown] = [0n, 1n]
  const numbers = new Map(vocabulary.map((word, number) => [word, BigInt(number)]))
  return (text, count = 400) => {
    const words =
      text
        .toLowerCase()
        .replaceAll('<br />', ' ')
        .match(/[a-z]+(?:'[a-z]+)?|[!?]/g) ?? []
    return BigInt64Array.from({ length: count }, (_, i) =>
      i < words.length ? (numbers.get(words[i]) ?? unknown) : padding,
    )
  }
}
