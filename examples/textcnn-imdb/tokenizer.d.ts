/**
 * From text to the numbers of words. `vocabulary` holds the words in order; the result gives the numbers of the first
 * `count` words (400): 1 for a word that is not in the vocabulary, 0 after the last.
 */
export declare function createTokenizer(vocabulary: readonly string[]): (text: string, count?: number) => BigInt64Array
