/* Tells whether a review is positive: ./review vocabulary.txt "A wonderful film." */
#include <math.h>
#include <stdio.h>
#include "textcnn.h"
#include "tokenizer.h"

static int64_t tokens[TEXTCNN_TOKENS_ELEMENTS];
static float scores[TEXTCNN_LOGITS_ELEMENTS];
static double workspace[TEXTCNN_WORKSPACE_BYTES / sizeof(double) + 1];

int main(int count, char **arguments)
{
  if (count != 3) {
    fprintf(stderr, "usage: %s vocabulary.txt REVIEW\n", arguments[0]);
    return 2;
  }
  vocabulary *words = vocabulary_open(arguments[1]);
  if (!words) {
    fprintf(stderr, "%s: cannot be read\n", arguments[1]);
    return 1;
  }
  tokenize(words, arguments[2], tokens, TEXTCNN_TOKENS_ELEMENTS);
  vocabulary_close(words);
  if (textcnn_run(tokens, scores, workspace)) {
    fprintf(stderr, "%s: has more words than the network\n", arguments[1]);
    return 1;
  }
  const double positive = 1 / (1 + exp((double)scores[0] - (double)scores[1]));
  printf("%s (%.1f %%)\n", positive > 0.5 ? "positive" : "negative", 100 * fmax(positive, 1 - positive));
  return 0;
}
