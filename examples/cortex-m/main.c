/* Recognises the digit in flash, prints the scores as bit patterns and ends with the digit as status. */
#include <stdint.h>
#include <string.h>
#include "board.h"
#include "digit.h"
#include "lenet5.h"

#ifndef RUNS
#define RUNS 1
#endif

/* Where lenet5 reads bytes (a chip without an FPU), it is given pixels; else what its training made of them. */
#ifdef BYTES
typedef uint8_t pixel;
#define NORMALISED(byte) ((pixel)(byte))
#else
typedef float pixel;
#define NORMALISED(byte) (((float)(byte) / 255.0f - 0.1307f) / 0.3081f)
#endif

static pixel input[LENET5_INPUT_ELEMENTS];
static float scores[LENET5_LOGITS_ELEMENTS];
static uint64_t workspace[(LENET5_WORKSPACE_BYTES + 7) / 8];

static void print_bits(float value)
{
  char text[] = "00000000 ";
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int digit = 0; digit < 8; digit++)
    text[digit] = "0123456789abcdef"[(bits >> (28 - 4 * digit)) & 15];
  board_write(text);
}

int main(void)
{
  char answer[] = "\nThis is a 0.\n";
  int best = 0;
  for (int i = 0; i < 28 * 28; i++)
    input[i] = NORMALISED((strchr(SHADES, digit[i / 28][i % 28]) - SHADES) * 255 / 9);
  for (int run = 0; run < RUNS; run++)
    lenet5_run(input, scores, workspace);
  for (int k = 0; k < 10; k++) {
    print_bits(scores[k]);
    best = scores[k] > scores[best] ? k : best;
  }
  answer[11] = (char)('0' + best);
  board_write(answer);
  return best;
}
