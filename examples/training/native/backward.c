#include "layer.h"

/* dL/dB[f][tap][c] += sum over pixels of gradient[pixel][f] * sign[pixel + tap][c] */
static void weight_gradient(struct layer l, int channels, struct quad *to)
{
  const int taps = l.kernel * l.kernel, wide = l.width + 2 * l.pad;
  for (int tap = 0; tap < taps; tap++)
    for (int c = 0; c < channels; c += BLOCK)
      for (int f = 0; f < l.filters; f += GROUP) {
        __m512i sums[GROUP][VECTORS];
        for (int k = 0; k < GROUP; k++)
          for (int v = 0; v < VECTORS; v++)
            sums[k][v] = _mm512_set1_epi32(-to->total[f + k]); /* the signs are 1 too large */
        for (int row = 0; row < l.height; row++) {
          const int32_t *g = (const int32_t *)to->gradients + row * l.width * l.filters + f;
          const int32_t *s = (const int32_t *)to->signs + ((row + tap / l.kernel) * wide + tap % l.kernel) * channels + c;
          for (int column = 0; column < l.width; column++, g += l.filters, s += channels) {
            __m512i signs[VECTORS];
            for (int v = 0; v < VECTORS; v++)
              signs[v] = _mm512_loadu_si512(s + v * 16);
            for (int k = 0; k < GROUP; k++) {
              const __m512i gradient = _mm512_set1_epi32(g[k]);
              for (int v = 0; v < VECTORS; v++)
                sums[k][v] = _mm512_dpbusd_epi32(sums[k][v], signs[v], gradient);
            }
          }
        }
        for (int k = 0; k < GROUP; k++)
          for (int v = 0; v < VECTORS; v++)
            add(to->weights + ((size_t)(f + k) * taps + tap) * channels + c + v * 16,
              _mm512_mul_ps(_mm512_cvtepi32_ps(sums[k][v]), _mm512_set1_ps(to->unit[f + k])));
      }
}

/* dL/du[pixel][c] = sum over taps and f of alpha gradient[pixel - tap][f] * sign(B[f][tap][c]) * max(2 - 2 |u|, 0); and its sums */
static void input_gradient(struct layer l, int channels, struct turned w, int image, const uint16_t *x,
  const float *scale, const float *offset, const float *mean, uint16_t *du, struct quad *to)
{
  const int taps = l.kernel * l.kernel, wide = l.width + 2 * l.pad, high = l.height + 2 * l.pad, quads = l.filters / 4;
  const __m512 unit = _mm512_set1_ps(to->image_unit[image]), two = _mm512_set1_ps(2);
  for (int c = 0; c < channels; c += BLOCK)
    for (int row = 0; row < l.height; row++)
      for (int column = 0; column < l.width; column += PIXELS) {
        __m512i sums[PIXELS][VECTORS];
        for (int p = 0; p < PIXELS; p++)
          for (int v = 0; v < VECTORS; v++)
            sums[p][v] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_loadu_si512(w.excess + c + v * 16));
        const int8_t *signs = w.signs + (size_t)c * taps * l.filters;
        for (int tap = 0; tap < taps; tap++) {
          const int from = (image * high + row + 2 * l.pad - tap / l.kernel) * wide + column + 2 * l.pad - tap % l.kernel;
          const int32_t *const g = (const void *)(to->bordered + (size_t)from * l.filters);
          for (int f = 0; f < quads; f++, signs += BLOCK * 4) {
            __m512i weights[VECTORS];
            for (int v = 0; v < VECTORS; v++)
              weights[v] = _mm512_loadu_si512(signs + v * 64);
            for (int p = 0; p < PIXELS; p++) {
              const __m512i gradient = _mm512_set1_epi32(g[p * quads + f]);
              for (int v = 0; v < VECTORS; v++)
                sums[p][v] = _mm512_dpbusd_epi32(sums[p][v], gradient, weights[v]);
            }
          }
        }
        for (int v = 0; v < VECTORS && c + v * 16 < l.channels; v++) {
          const int first = c + v * 16;
          const __m512 s = _mm512_loadu_ps(scale + first), o = _mm512_loadu_ps(offset + first);
          __m512 gain = _mm512_setzero_ps(), shift = gain;
          for (int p = 0; p < PIXELS; p++) {
            const size_t at = ((size_t)row * l.width + column + p) * l.channels + first;
            const __m512 value = load(x + at), u = _mm512_fmadd_ps(value, s, o);
            const __m512 slope = _mm512_max_ps(_mm512_fnmadd_ps(two, _mm512_abs_ps(u), two), _mm512_setzero_ps());
            const __m512 d = _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[p][v]), unit), slope);
            store(du + at, d);
            shift = _mm512_add_ps(shift, d);
            gain = _mm512_fmadd_ps(d, _mm512_sub_ps(value, _mm512_loadu_ps(mean + first)), gain);
          }
          add(to->gain + first, gain);
          add(to->shift + first, shift);
        }
      }
}

/*
 * From dL/dy to dL/dx, dL/dB, dL/dbias, and of the batch norm dL/dgain * deviation and dL/dshift. Images come in fours.
 * scale = gain / deviation, offset = shift - mean * scale, inverse = 1 / deviation.
 */
void binary_backward(struct layer l, const uint16_t *x, const uint16_t *y, const uint16_t *dy, const float *scale,
  const float *offset, const float *mean, const float *inverse, const float *b, const int32_t *seed, uint16_t *dx, float *db,
  float *dbias, float *dgain, float *dshift)
{
  const int taps = l.kernel * l.kernel, channels = up(l.channels, BLOCK);
  const int wide = l.width + 2 * l.pad, high = l.height + 2 * l.pad, pixels = l.height * l.width;
  const size_t image_x = (size_t)pixels * l.channels, image_y = (size_t)pixels * l.filters;
  const struct turned weights = turn(l, channels, b);
#pragma omp parallel
  {
    struct quad to = {
      .signs = filled((size_t)high * wide * channels * 4, 1),
      .gradients = array((size_t)pixels * l.filters * 4),
      .bordered = filled((size_t)4 * high * wide * l.filters, 128),
      .unit = array(l.filters * 4),
      .total = array(l.filters * 4),
      .weights = array((size_t)l.filters * taps * channels * 4),
      .bias = array(l.filters * 4),
      .gain = array(l.channels * 4),
      .shift = array(l.channels * 4),
    };
#pragma omp for schedule(dynamic)
    for (int image = 0; image < l.images; image += 4) {
      const __m512i lane = _mm512_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
      to.random = _mm512_mullo_epi32(_mm512_add_epi32(lane, _mm512_set1_epi32(*seed + image * 16)), _mm512_set1_epi32((int)2654435769u));
      read_signs(l, channels, x + image * image_x, scale, offset, &to);
      read_gradients(l, weights.alpha, y + image * image_y, dy + image * image_y, &to);
      weight_gradient(l, channels, &to);
      for (int k = 0; k < 4; k++)
        input_gradient(l, channels, weights, k, x + (image + k) * image_x, scale, offset, mean, dx + (image + k) * image_x, &to);
    }
#pragma omp critical
    {
      for (int f = 0; f < l.filters; f++)
        dbias[f] += to.bias[f];
      for (int c = 0; c < l.channels; c++)
        dgain[c] += to.gain[c], dshift[c] += to.shift[c];
      for (int k = 0; k < l.filters * taps; k++)
        for (int c = 0; c < l.channels; c++)
          db[(size_t)k * l.channels + c] += to.weights[(size_t)k * channels + c];
    }
    free(to.signs), free(to.gradients), free(to.bordered), free(to.unit), free(to.total);
    free(to.weights), free(to.bias), free(to.gain), free(to.shift);
#pragma omp barrier
    /* Through the batch norm: dL/dx = scale (du - mean(du) - v mean(du v)) with v = (x - mean) / deviation. */
    const __m512 count = _mm512_set1_ps(1.0f / ((float)l.images * pixels));
#pragma omp for schedule(dynamic)
    for (int image = 0; image < l.images; image++)
      for (size_t at = image * image_x; at < (image + 1) * image_x; at += 16) {
        const int c = at % l.channels;
        const __m512 i = _mm512_loadu_ps(inverse + c), v = _mm512_sub_ps(load(x + at), _mm512_loadu_ps(mean + c));
        const __m512 slope = _mm512_mul_ps(_mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(dgain + c), i), i), count);
        const __m512 centred = _mm512_fnmadd_ps(_mm512_loadu_ps(dshift + c), count, load(dx + at));
        store(dx + at, _mm512_mul_ps(_mm512_loadu_ps(scale + c), _mm512_fnmadd_ps(v, slope, centred)));
      }
  }
  free(weights.signs), free(weights.excess), free(weights.alpha);
}
