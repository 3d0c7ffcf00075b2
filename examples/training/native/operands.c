/* What the products of the backward pass multiply. */
#include "layer.h"

#include <math.h>

static __m512 random_part(struct quad *to) /* from 0 to 1, by xorshift */
{
  __m512i r = to->random;
  r = _mm512_xor_si512(r, _mm512_slli_epi32(r, 13));
  r = _mm512_xor_si512(r, _mm512_srli_epi32(r, 17));
  r = _mm512_xor_si512(r, _mm512_slli_epi32(r, 5));
  to->random = r;
  const __m512i one = _mm512_castps_si512(_mm512_set1_ps(1));
  return _mm512_sub_ps(_mm512_castsi512_ps(_mm512_or_si512(_mm512_srli_epi32(r, 9), one)), _mm512_set1_ps(1));
}

static __m512i round_down(__m512 v) { return _mm512_cvt_roundps_epi32(v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }

static __m512i pack(const __m512i v[4]) /* the low bytes of four vectors side by side */
{
  const __m512i low = _mm512_set1_epi32(255);
  const __m512i first = _mm512_or_si512(_mm512_and_si512(v[0], low), _mm512_slli_epi32(_mm512_and_si512(v[1], low), 8));
  return _mm512_or_si512(first, _mm512_slli_epi32(_mm512_or_si512(_mm512_and_si512(v[2], low), _mm512_slli_epi32(v[3], 8)), 16));
}

void read_signs(struct layer l, int channels, const uint16_t *x, const float *scale, const float *offset, struct quad *to)
{
  const size_t image = (size_t)l.height * l.width * l.channels;
  for (int row = 0; row < l.height; row++)
    for (int column = 0; column < l.width; column++, x += l.channels)
      for (int c = 0; c < l.channels; c += 16) {
        const __m512 s = _mm512_loadu_ps(scale + c), o = _mm512_loadu_ps(offset + c);
        __m512i signs = _mm512_setzero_si512();
        for (int k = 0; k < 4; k++) {
          const __m512 u = _mm512_fmadd_ps(load(x + k * image + c), s, o);
          const __mmask16 positive = _mm512_cmp_ps_mask(u, _mm512_setzero_ps(), _CMP_GE_OQ);
          signs = _mm512_mask_or_epi32(signs, positive, signs, _mm512_set1_epi32(2 << 8 * k));
        }
        const size_t pixel = (row + l.pad) * (l.width + 2 * l.pad) + column + l.pad;
        _mm512_storeu_si512(to->signs + (pixel * channels + c) * 4, signs);
      }
}

/* dL/dv of 16 filters: dL/dy where y > 0. */
static __m512 gradient_at(const uint16_t *y, const uint16_t *dy)
{
  const __m256i at = _mm256_loadu_si256((const void *)y);
  const __m256i g = _mm256_maskz_loadu_epi16(_mm256_test_epi16_mask(at, at), dy);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(g), 16));
}

void read_gradients(struct layer l, const float *alpha, const uint16_t *y, const uint16_t *dy, struct quad *to)
{
  const int wide = l.width + 2 * l.pad, high = l.height + 2 * l.pad, pixels = l.height * l.width;
  const size_t image = (size_t)pixels * l.filters, bordered = (size_t)high * wide * l.filters;
  __m512 largest[4];
  for (int k = 0; k < 4; k++)
    largest[k] = _mm512_setzero_ps();
  for (int f = 0; f < l.filters; f += 16) {
    __m512 sum = _mm512_setzero_ps(), most = sum;
    for (int k = 0; k < 4; k++) {
      __m512 here = _mm512_setzero_ps();
      for (int p = 0; p < pixels; p++) {
        const size_t at = k * image + (size_t)p * l.filters + f;
        const __m512 g = gradient_at(y + at, dy + at);
        sum = _mm512_add_ps(sum, g);
        here = _mm512_max_ps(here, _mm512_abs_ps(g));
      }
      most = _mm512_max_ps(most, here);
      largest[k] = _mm512_max_ps(largest[k], _mm512_mul_ps(here, _mm512_loadu_ps(alpha + f)));
    }
    add(to->bias + f, sum);
    _mm512_storeu_ps(to->unit + f, _mm512_max_ps(_mm512_div_ps(most, _mm512_set1_ps(127)), _mm512_set1_ps(1e-30f)));
  }
  for (int k = 0; k < 4; k++)
    to->image_unit[k] = _mm512_reduce_max_ps(largest[k]) / 127 + 1e-30f;
  for (int f = 0; f < l.filters; f += 16) {
    const __m512 per_unit = _mm512_div_ps(_mm512_set1_ps(1), _mm512_loadu_ps(to->unit + f));
    __m512 per_image_unit[4];
    for (int k = 0; k < 4; k++)
      per_image_unit[k] = _mm512_div_ps(_mm512_loadu_ps(alpha + f), _mm512_set1_ps(to->image_unit[k]));
    __m512i total = _mm512_setzero_si512();
    for (int row = 0; row < l.height; row++)
      for (int column = 0; column < l.width; column++) {
        const size_t pixel = ((size_t)row * l.width + column) * l.filters + f;
        const size_t to_pixel = ((size_t)(row + l.pad) * wide + column + l.pad) * l.filters + f;
        __m512i rounded[4];
        for (int k = 0; k < 4; k++) {
          const __m512 g = gradient_at(y + pixel + k * image, dy + pixel + k * image), part = random_part(to);
          rounded[k] = round_down(_mm512_fmadd_ps(g, per_unit, part));
          total = _mm512_add_epi32(total, rounded[k]);
          const __m512 shifted = _mm512_fmadd_ps(g, per_image_unit[k], _mm512_add_ps(part, _mm512_set1_ps(128)));
          _mm_storeu_si128((void *)(to->bordered + k * bordered + to_pixel), _mm512_cvtusepi32_epi8(round_down(shifted)));
        }
        _mm512_storeu_si512(to->gradients + pixel * 4, pack(rounded));
      }
    _mm512_storeu_si512(to->total + f, total);
  }
}

struct turned turn(struct layer l, int channels, const float *b)
{
  const int taps = l.kernel * l.kernel, quads = l.filters / 4;
  struct turned w = { array((size_t)channels * taps * l.filters), array(channels * 4), array(l.filters * 4) };
  for (int f = 0; f < l.filters; f++)
    for (int tap = 0; tap < taps; tap++)
      for (int c = 0; c < l.channels; c++) {
        const float value = b[((size_t)f * taps + tap) * l.channels + c];
        const int sign = value < 0 ? -1 : 1;
        w.signs[(((size_t)(c / BLOCK * taps + tap) * quads + f / 4) * BLOCK + c % BLOCK) * 4 + f % 4] = sign;
        w.excess[c] += 128 * sign;
        w.alpha[f] = fmaxf(w.alpha[f], fabsf(value)); /* all are the same, but for weights of 0 */
      }
  return w;
}
