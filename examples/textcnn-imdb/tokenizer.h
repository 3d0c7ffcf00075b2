/* From text to the numbers of words, as imdb.py does it for training. */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

typedef struct vocabulary vocabulary;

/* Reads a file with a word per line; a word's number is its line, from 0. Returns 0 if it cannot be read. */
vocabulary *vocabulary_open(const char *path);
void vocabulary_close(vocabulary *words);

/* Numbers of the first `count` words of a UTF-8 text: 1 for a word that is not in the vocabulary, 0 after the last. */
void tokenize(const vocabulary *words, const char *text, int64_t *tokens, size_t count);

#endif
