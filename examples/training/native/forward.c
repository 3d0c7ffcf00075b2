#include "layer.h"

#include <math.h>

/* Mean and variance of each channel, over all pixels of all images. */
void channel_moments(struct layer l, const uint16_t *x, float *mean, float *variance)
{
  const int pixels = l.height * l.width, n = l.channels;
  double *const total = array(2 * n * sizeof *total);
#pragma omp parallel for schedule(dynamic)
  for (int image = 0; image < l.images; image++) {
    float sums[2 * n];
    for (int c = 0; c < n; c += 16) {
      __m512 sum = _mm512_setzero_ps(), squares = sum;
      for (int p = 0; p < pixels; p++) {
        const __m512 v = load(x + ((size_t)image * pixels + p) * n + c);
        sum = _mm512_add_ps(sum, v);
        squares = _mm512_fmadd_ps(v, v, squares);
      }
      _mm512_storeu_ps(sums + c, sum);
      _mm512_storeu_ps(sums + n + c, squares);
    }
#pragma omp critical
    for (int k = 0; k < 2 * n; k++)
      total[k] += sums[k];
  }
  const double count = (double)l.images * pixels;
  for (int c = 0; c < n; c++) {
    mean[c] = total[c] / count;
    variance[c] = total[n + c] / count - (total[c] / count) * (total[c] / count);
  }
  free(total);
}

/* y = relu(conv(sign(x * scale + offset), B) + bias): 16 filters at a time, 32 channels of a tap in a word. */
void binary_forward(struct layer l, const uint16_t *x, const float *scale, const float *offset, const float *b,
  const float *bias, uint16_t *y)
{
  const int taps = l.kernel * l.kernel, words = l.channels / 32, wide = l.width + 2 * l.pad, high = l.height + 2 * l.pad;
  uint32_t *const weights = array((size_t)l.filters * taps * words * 4); /* [filters / 16][taps][words][16] */
  int32_t *const counts = array((size_t)l.filters * taps * 4);           /* bits of each tap, [filters / 16][taps][16] */
  float *const alpha = array(l.filters * 4);
  for (int f = 0; f < l.filters; f++) {
    for (int tap = 0; tap < taps; tap++)
      for (int word = 0; word < words; word++) {
        const float *const w = b + ((size_t)f * taps + tap) * l.channels + word * 32;
        uint32_t bits = 0;
        for (int c = 0; c < 32; c++) {
          bits |= (uint32_t)(w[c] >= 0) << c;
          alpha[f] = fmaxf(alpha[f], fabsf(w[c])); /* all are the same, but for weights of 0 */
        }
        weights[((f / 16 * taps + tap) * words + word) * 16 + f % 16] = bits;
        counts[(f / 16 * taps + tap) * 16 + f % 16] += __builtin_popcount(bits);
      }
  }
#pragma omp parallel
  {
    uint32_t *const bits = array((size_t)wide * high * words * 4); /* the border stays 0 */
#pragma omp for schedule(dynamic)
    for (int image = 0; image < l.images; image++) {
      const uint16_t *pixel = x + (size_t)image * l.height * l.width * l.channels;
      for (int row = 0; row < l.height; row++)
        for (int column = 0; column < l.width; column++, pixel += l.channels)
          for (int word = 0; word < words; word++) {
            uint32_t half[2];
            for (int h = 0; h < 2; h++) {
              const int c = word * 32 + h * 16;
              const __m512 u = _mm512_fmadd_ps(load(pixel + c), _mm512_loadu_ps(scale + c), _mm512_loadu_ps(offset + c));
              half[h] = _mm512_cmp_ps_mask(u, _mm512_setzero_ps(), _CMP_GE_OQ);
            }
            bits[((row + l.pad) * wide + column + l.pad) * words + word] = half[0] | half[1] << 16;
          }
      for (int f = 0; f < l.filters; f += 16)
        for (int row = 0; row < l.height; row++)
          for (int column = 0; column < l.width; column += PIXELS) {
            __m512i differ[PIXELS];
            for (int p = 0; p < PIXELS; p++)
              differ[p] = _mm512_setzero_si512();
            const uint32_t *w = weights + (size_t)f * taps * words;
            for (int ky = 0; ky < l.kernel; ky++) {
              const uint32_t *const from = bits + ((row + ky) * wide + column) * words;
              for (int k = 0; k < l.kernel * words; k++, w += 16)
                for (int p = 0; p < PIXELS; p++)
                  differ[p] = _mm512_add_epi32(differ[p],
                    _mm512_popcnt_epi32(_mm512_xor_si512(_mm512_set1_epi32(from[p * words + k]), _mm512_loadu_si512(w))));
            }
            for (int p = 0; p < PIXELS; p++) {
              /* Taps outside the image add nothing: what they counted, the ones of the weights, goes again. */
              int inside = taps;
              for (int tap = 0; tap < taps; tap++) {
                const int ky = row + tap / l.kernel - l.pad, kx = column + p + tap % l.kernel - l.pad;
                if (ky >= 0 && ky < l.height && kx >= 0 && kx < l.width)
                  continue;
                inside--;
                differ[p] = _mm512_sub_epi32(differ[p], _mm512_loadu_si512(counts + f * taps + tap * 16));
              }
              const __m512i sum = _mm512_sub_epi32(_mm512_set1_epi32(inside * l.channels), _mm512_slli_epi32(differ[p], 1));
              const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_loadu_ps(alpha + f), _mm512_loadu_ps(bias + f));
              store(y + (((size_t)image * l.height + row) * l.width + column + p) * l.filters + f,
                _mm512_max_ps(value, _mm512_setzero_ps()));
            }
          }
    }
    free(bits);
  }
  free(weights), free(counts), free(alpha);
}
