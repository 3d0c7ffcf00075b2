/* Names what a picture shows: ./picture photo.ppm, 32 x 32, binary (P6). Without one it paints a ship at sea. */
#include <stdio.h>
#include <string.h>
#include "nin.h"

static const char *const names[] = {"airplane", "automobile", "bird", "cat", "deer",
                                    "dog", "frog", "horse", "ship", "truck"};
static const float mean[] = {0.4914f, 0.4822f, 0.4465f}, deviation[] = {0.2470f, 0.2435f, 0.2616f};

static unsigned char pixels[32][32][3];
static float input[NIN_INPUT_ELEMENTS], scores[NIN_LOGITS_ELEMENTS];
static double workspace[NIN_WORKSPACE_BYTES / sizeof(double) + 1];

static int read_picture(const char *path)
{
  int width, height, most;
  return freopen(path, "rb", stdin) && scanf("P6 #%*[^\n]") != EOF && scanf("%d%d%d%*c", &width, &height, &most) == 3
    && width == 32 && height == 32 && most == 255 && fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels;
}

static void paint_ship(void)
{
  static const unsigned char colours[][3] = {{185, 205, 225}, {35, 65, 110}, {60, 40, 40}, {235, 235, 230}};
  enum { SKY, SEA, HULL, CABIN };
  for (int y = 0; y < 32; y++)
    for (int x = 0; x < 32; x++) {
      const int hull = y >= 17 && y < 23 && x > y - 14 && x < 46 - y;
      const int cabin = y >= 11 && y < 17 && x > 9 && x < 21;
      const int colour = hull ? HULL : cabin ? CABIN : y < 18 ? SKY : SEA;
      memcpy(pixels[y][x], colours[colour], 3);
    }
}

int main(int count, char **arguments)
{
  int best = 0;
  if (count < 2)
    paint_ship();
  else if (!read_picture(arguments[1])) {
    fprintf(stderr, "%s: not a binary PPM picture of 32 x 32 pixels\n", arguments[1]);
    return 1;
  }
  for (int channel = 0; channel < 3; channel++) /* the network reads planes: all of red, of green, of blue */
    for (int i = 0; i < 32 * 32; i++)
      input[channel * 32 * 32 + i] = (pixels[i / 32][i % 32][channel] / 255.0f - mean[channel]) / deviation[channel];
  nin_run(input, scores, workspace);
  for (int k = 0; k < 10; k++) {
    printf("%-10s %8.3f\n", names[k], scores[k]);
    best = scores[k] > scores[best] ? k : best;
  }
  printf("This looks like: %s\n", names[best]);
  return 0;
}
