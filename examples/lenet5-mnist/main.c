/* Recognises a digit: ./digit picture.pgm, white on black, 28 x 28, binary (P5). Without a picture it draws a 7. */
#include <stdio.h>
#include <stdlib.h>
#include "lenet5.h"

static unsigned char pixels[28][28];
static float input[LENET5_INPUT_ELEMENTS], scores[LENET5_LOGITS_ELEMENTS];
static double workspace[LENET5_WORKSPACE_BYTES / sizeof(double) + 1];

static int read_picture(const char *path)
{
  int width, height, most;
  return freopen(path, "rb", stdin) && scanf("P5 #%*[^\n]") != EOF && scanf("%d%d%d%*c", &width, &height, &most) == 3
    && width == 28 && height == 28 && most == 255 && fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels;
}

static void draw_seven(void)
{
  for (int y = 6; y < 24; y++)
    for (int x = 7; x < 22; x++)
      pixels[y][x] = y < 9 || abs(2 * x + y - 48) <= 3 ? 255 : 0;
}

int main(int count, char **arguments)
{
  int best = 0;
  if (count < 2)
    draw_seven();
  else if (!read_picture(arguments[1])) {
    fprintf(stderr, "%s: not a binary PGM picture of 28 x 28 pixels\n", arguments[1]);
    return 1;
  }
  for (int i = 0; i < 28 * 28; i++)
    input[i] = (pixels[i / 28][i % 28] / 255.0f - 0.1307f) / 0.3081f;
  lenet5_run(input, scores, workspace);
  for (int digit = 0; digit < 10; digit++) {
    printf("%d %8.3f\n", digit, scores[digit]);
    best = scores[digit] > scores[best] ? digit : best;
  }
  printf("This is a %d.\n", best);
  return 0;
}
