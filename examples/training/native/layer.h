/*
 * A binary layer in training, on a processor with AVX-512:
 *
 *     u = gain (x - mean) / deviation + shift,    y = relu(conv(sign(u), B) + bias),    B = alpha sign(W)
 *
 * Images are [height][width][channels] in bfloat16, B is float [filters][taps][channels]. The forward pass counts bits,
 * as the compiled network does. Both products of the backward pass have a sign as one factor; the other one, a
 * gradient, is rounded to 8 bits, up or down at random, so that no sum is off on average.
 */
#ifndef LAYER_H
#define LAYER_H
#if !defined(__AVX512VNNI__) || !defined(__AVX512VPOPCNTDQ__) || !defined(__AVX512BW__)
#error "this needs a processor with AVX-512 VNNI and VPOPCNTDQ, as AMD has since Zen 4 and Intel's servers since Ice Lake"
#endif
#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct layer {
  int images, height, width, channels, filters, kernel, pad;
};

/* PIXELS x VECTORS or GROUP x VECTORS sums stay in registers. */
enum { PIXELS = 8, VECTORS = 3, BLOCK = 16 * VECTORS, GROUP = 8 };

static inline int up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }
static inline void *filled(size_t bytes, int byte) { return memset(aligned_alloc(64, (bytes + 63) & ~(size_t)63), byte, bytes); }
static inline void *array(size_t bytes) { return filled(bytes, 0); }

static inline __m512 load(const uint16_t *p) /* 16 bfloat16 as float */
{
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p)), 16));
}
static inline void store(uint16_t *p, __m512 v) /* rounded to the nearest, a half to even */
{
  const __m512i bits = _mm512_castps_si512(v), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  _mm256_storeu_si256((void *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}
static inline void add(float *p, __m512 v) { _mm512_storeu_ps(p, _mm512_add_ps(_mm512_loadu_ps(p), v)); }

/* What a thread of the backward pass works with: four images, so that every 32 bits of a vector are four products. */
struct quad {
  uint8_t *signs;      /* sign(u) + 1, [high][wide][channels][4 images]; the border is 1 */
  int8_t *gradients;   /* dL/dv, v = conv(sign(u), B) + bias, over unit; [height][width][filters][4 images] */
  uint8_t *bordered;   /* alpha dL/dv over image_unit, plus 128, [4 images][high][wide][filters]; the border is 128 */
  float *unit, image_unit[4]; /* unit is that of a filter */
  int32_t *total;      /* sum of gradients of a filter */
  float *weights;      /* dL/dB, [filters][taps][channels] */
  float *bias, *gain, *shift;
  __m512i random;
};

/* The weights as input_gradient reads them, and what their sums have too much by the 128 in the gradients. */
struct turned {
  int8_t *signs;   /* [channels / 48][taps][filters / 4][48][4 filters] */
  int32_t *excess; /* [channels] */
  float *alpha;    /* [filters] */
};

struct turned turn(struct layer l, int channels, const float *b);
void read_signs(struct layer l, int channels, const uint16_t *x, const float *scale, const float *offset, struct quad *to);
void read_gradients(struct layer l, const float *alpha, const uint16_t *y, const uint16_t *dy, struct quad *to);

#endif
