#include "tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PADDING, UNKNOWN, SLOTS = 1 << 17, LONGEST = 63 };

/* The file, with a zero after each word, and a hash table of where words start. */
struct vocabulary {
  char *text;
  int64_t count;
  struct { const char *word; int64_t number; } slots[SLOTS];
};

/* FNV-1a; returns the slot of a word, or the free one where it belongs. */
static size_t find_slot(const vocabulary *words, const char *word)
{
  uint32_t hash = 2166136261u;
  for (const char *c = word; *c; c++)
    hash = (hash ^ (unsigned char)*c) * 16777619u;
  size_t slot = hash % SLOTS;
  while (words->slots[slot].word && strcmp(words->slots[slot].word, word))
    slot = (slot + 1) % SLOTS;
  return slot;
}

static char *read_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  char *text = 0;
  long size;
  if (!file)
    return 0;
  if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0 && !fseek(file, 0, SEEK_SET)
      && (text = (char *)malloc((size_t)size + 1)))
    text[fread(text, 1, (size_t)size, file)] = 0;
  fclose(file);
  return text;
}

vocabulary *vocabulary_open(const char *path)
{
  vocabulary *words = (vocabulary *)calloc(1, sizeof *words);
  if (!words || !(words->text = read_file(path))) {
    free(words);
    return 0;
  }
  for (char *word = strtok(words->text, "\r\n"); word; word = strtok(0, "\r\n"), words->count++)
    if (words->count < SLOTS / 2) {
      const size_t slot = find_slot(words, word);
      words->slots[slot].word = word;
      words->slots[slot].number = words->count;
    }
  return words;
}

void vocabulary_close(vocabulary *words)
{
  if (words)
    free(words->text);
  free(words);
}

static int is_letter(int c) { return c >= 'a' && c <= 'z'; }

/* Bytes of the line break in HTML, in any case, at the start of the text; 0 if there is none. */
static size_t line_break_at(const char *text)
{
  static const char tag[] = "<br />";
  size_t same = 0;
  while (tag[same] && (is_letter(tag[same]) ? text[same] | 32 : text[same]) == tag[same])
    same++;
  return tag[same] ? 0 : same;
}

/*
 * The next character in lower case; 0 ends the text. What cannot be in a word is a space: a line break in HTML, and all
 * bytes that are not ASCII, but for two characters whose lower case is: the Kelvin sign, k, and I with a dot, i and a dot.
 */
static int next_character(const char **text)
{
  const unsigned char c = (unsigned char)**text;
  const size_t tag = line_break_at(*text);
  if (tag) {
    *text += tag;
    return ' ';
  }
  if (!strncmp(*text, "\xe2\x84\xaa", 3)) {
    *text += 3;
    return 'k';
  }
  if (!c)
    return 0;
  if (!strncmp((*text)++, "\xc4\xb0", 2))
    return 'i';
  return c >= 'A' && c <= 'Z' ? c + 32 : c < 128 ? c : ' ';
}

/* Copies the next word of the text: letters, with one apostrophe between them, or a mark (! or ?). Returns 0 at the end. */
static int next_word(const char **text, char word[LONGEST + 2])
{
  size_t length = 0;
  int c, apostrophes = 0;
  do
    c = next_character(text);
  while (c && !is_letter(c) && c != '!' && c != '?');
  while (c) {
    const char *after = *text;
    /* Words of the vocabulary have at most LONGEST letters: of a longer one, LONGEST + 1 are kept. */
    word[length <= LONGEST ? length++ : LONGEST] = (char)c;
    if (!is_letter(c) && c != '\'')
      break;
    c = next_character(&after);
    if (c == '\'' && !apostrophes) {
      const char *further = after;
      apostrophes = is_letter(next_character(&further));
      if (!apostrophes)
        break;
    } else if (!is_letter(c))
      break;
    *text = after;
  }
  word[length] = 0;
  return length > 0;
}

void tokenize(const vocabulary *words, const char *text, int64_t *tokens, size_t count)
{
  char word[LONGEST + 2];
  for (size_t i = 0; i < count; i++) {
    if (!next_word(&text, word)) {
      tokens[i] = PADDING;
      continue;
    }
    const size_t slot = find_slot(words, word);
    tokens[i] = words->slots[slot].word ? words->slots[slot].number : UNKNOWN;
  }
}
