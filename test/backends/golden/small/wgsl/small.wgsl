// Kernels of small, made by xnorc 0.0.0. small.js runs them.
// Options: --target wgsl
// It may be used, changed and shipped without conditions.
// build 48a74628b94431b3
// Buffers hold the samples of a batch one after the other; weights are the same for all.

/// How many samples this run has.
@group(0) @binding(0) var<uniform> samples: i32;

/// Not a constant expression, which may not be infinite.
fn infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

/// How many of `taps` taps, the first at `start`, lie from 0 to `size` - 1.
fn taps_inside(start: i32, dilation: i32, taps: i32, size: i32) -> i32 {
  let before = clamp((dilation - 1 - start) / dilation, 0, taps);
  let end = clamp((size - start + dilation - 1) / dilation, 0, taps);
  return max(end - before, 0);
}

// Float convolution 3x3, padding 1 1: [6][6][2] to [6][6][4]. 64 pixels x 16 filters in a workgroup.
// y = max(add(a, b), 0), a being the result so far, b = bias.
// ONNX: /features/0/Conv
@group(1) @binding(0) var<storage, read> features_0_Conv_x: array<f32>;
@group(1) @binding(1) var<storage, read> features_0_Conv_weights: array<vec4f>;
@group(1) @binding(2) var<storage, read> features_0_Conv_operand_b: array<f32>;
@group(1) @binding(3) var<storage, read_write> features_0_Conv_y: array<vec4f>;

// A chunk of the windows of all pixels, four pixels together, and the same of the filters.
var<workgroup> features_0_Conv_xs: array<vec4f, 144>;
var<workgroup> features_0_Conv_ws: array<vec4f, 36>;

fn features_0_Conv_value(a: vec4f, sample: i32, row: i32, column: i32, channel: i32) -> vec4f {
  let b = vec4f(
    features_0_Conv_operand_b[channel],
    features_0_Conv_operand_b[channel + 1],
    features_0_Conv_operand_b[channel + 2],
    features_0_Conv_operand_b[channel + 3],
  );
  return max(a + b, vec4f(0f));
}

/// Four filters' element k of the window.
fn features_0_Conv_filters(group: i32, k: i32, quad: i32) -> vec4f {
  let four = features_0_Conv_weights[k * 1 + min(quad, 0)];
  return four;
}

/// Stores four results of a pixel.
fn features_0_Conv_finish(pixel: i32, group: i32, first: i32, sums: vec4f) {
  if (pixel >= samples * 36 || first >= 4) {
    return;
  }
  let column = pixel % 6;
  let row = pixel / 6 % 6;
  let sample = pixel / 36;
  let channel = first;
  let a = sums;
  let four = features_0_Conv_value(a, sample, row, column, channel);
  features_0_Conv_y[pixel * 1 + channel / 4] = four;
}

@compute @workgroup_size(64)
fn features_0_Conv_main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let lane = i32(index);
  let across = lane / 4;
  let deep = lane % 4;
  let pixels_before = i32(workgroup.x + workgroup.z * workgroups.x) * 64;
  const group = 0;
  let quads_before = i32(workgroup.y) * 4;
  // This invocation fetches windows of the same four pixels all the time; past the last pixel, of the last again.
  let fetched = lane % 16;
  let pixel_of_4 = min(vec4i(pixels_before + fetched * 4) + vec4i(0, 1, 2, 3), vec4i(samples * 36 - 1));
  let row_of_4 = pixel_of_4 / 6;
  let top = row_of_4 % 6 - 1;
  let left = pixel_of_4 % 6 - 1;
  let start = row_of_4 / 6 * 72 + top * 12 + left * 2;
  var sums_0_0 = vec4f();
  var sums_1_0 = vec4f();
  var sums_2_0 = vec4f();
  var sums_3_0 = vec4f();
  for (var base = 0; base < 18; base += 9) {
    for (var k = lane / 16; k < 9; k += 4) {
      let tap = (base + k) / 2;
      let ky = tap / 3;
      let kx = tap % 3;
      let at = start + (ky * 12 + kx * 2 + (base + k) % 2);
      let four = vec4f(
        features_0_Conv_x[at.x],
        features_0_Conv_x[at.y],
        features_0_Conv_x[at.z],
        features_0_Conv_x[at.w],
      );
      // A negative row or column is a large one without its sign.
      let inside = (vec4u(top + ky) < vec4u(6)) & (vec4u(left + kx) < vec4u(6));
      features_0_Conv_xs[k * 16 + fetched] = select(vec4f(), four, inside);
    }
    for (var i = lane; i < 36; i += 64) {
      features_0_Conv_ws[i] = features_0_Conv_filters(group, base + i / 4, quads_before + i % 4);
    }
    workgroupBarrier();
    for (var k = 0; k < 9; k++) {
      let x = features_0_Conv_xs[k * 16 + across];
      let w_0 = features_0_Conv_ws[k * 4 + deep + 0];
      sums_0_0 += x.x * w_0;
      sums_1_0 += x.y * w_0;
      sums_2_0 += x.z * w_0;
      sums_3_0 += x.w * w_0;
    }
    workgroupBarrier();
  }
  let pixel = pixels_before + across * 4;
  let first = (quads_before + deep) * 4;
  features_0_Conv_finish(pixel + 0, group, first + 4 * 0, sums_0_0);
  features_0_Conv_finish(pixel + 1, group, first + 4 * 0, sums_1_0);
  features_0_Conv_finish(pixel + 2, group, first + 4 * 0, sums_2_0);
  features_0_Conv_finish(pixel + 3, group, first + 4 * 0, sums_3_0);
}

// Maximum over 2x2, stride 2 2: [6][6][4] to [3][3][4].
// y = ge(a, b), a being the result so far, b = threshold.
// ONNX: /features/2/MaxPool
@group(1) @binding(0) var<storage, read> features_2_MaxPool_x: array<f32>;
@group(1) @binding(1) var<storage, read> features_2_MaxPool_operand_b: array<f32>;
@group(1) @binding(2) var<storage, read_write> features_2_MaxPool_y: array<u32>;

fn features_2_MaxPool_value(a: f32, sample: i32, i0: i32, i1: i32, i2: i32) -> bool {
  let b = features_2_MaxPool_operand_b[i2];
  return a >= b;
}

/// What is pooled for one result.
fn features_2_MaxPool_pooled(sample: i32, row: i32, column: i32, channel: i32) -> f32 {
  var a = -infinity();
  let top = row * 2;
  let left = column * 2;
  let image_row = 0;
  for (var ky = 0; ky < 2; ky++) {
    let y = top + ky;
    for (var kx = 0; kx < 2; kx++) {
      let x = left + kx;
      let value = features_2_MaxPool_x[sample * 144 + (image_row + y) * 24 + x * 4 + channel];
      a = max(a, value);
    }
  }
  return a;
}

@compute @workgroup_size(64)
fn features_2_MaxPool_main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = i32((group.x + group.z * groups.x) * 64 + lane);
  if (item >= samples * 9) {
    return;
  }
  let sample = item / 9;
  let i0 = item / 3 % 3;
  let i1 = item % 3;
  let word = 0;
  var bits = 0u;
  for (var lane = 0; lane < min(32, 4 - word * 32); lane++) {
    let i2 = word * 32 + lane;
    let a = features_2_MaxPool_pooled(sample, i0, i1, i2);
    bits |= u32(features_2_MaxPool_value(a, sample, i0, i1, i2)) << u32(lane);
  }
  features_2_MaxPool_y[item] = bits;
}

// Binary convolution 3x3, padding 1 1: [3][3][4] to [3][3][5]. 64 pixels x 32 filters in a workgroup.
// y = ge(a, b), a being the result so far, b = constant_3_limit.
// ONNX: /features/3/Conv
@group(1) @binding(0) var<storage, read> features_3_Conv_x: array<u32>;
@group(1) @binding(1) var<storage, read> features_3_Conv_weights: array<vec4u>;
@group(1) @binding(2) var<storage, read> features_3_Conv_operand_b: array<i32>;
@group(1) @binding(3) var<storage, read_write> features_3_Conv_y: array<u32>;

// A chunk of the windows of all pixels, four pixels together, and the same of the filters.
var<workgroup> features_3_Conv_xs: array<vec4u, 144>;
var<workgroup> features_3_Conv_ws: array<vec4u, 72>;
// All ones where the tap lies inside the image.
var<workgroup> features_3_Conv_inside: array<vec4u, 144>;
// Bits of every invocation and pixel, to be put together to words.
var<workgroup> features_3_Conv_parts: array<u32, 512>;

fn features_3_Conv_value(a: vec4i, sample: i32, row: i32, column: i32, channel: i32) -> vec4<bool> {
  let b = vec4i(
    features_3_Conv_operand_b[channel],
    features_3_Conv_operand_b[channel + 1],
    features_3_Conv_operand_b[channel + 2],
    features_3_Conv_operand_b[channel + 3],
  );
  return a >= b;
}

/// Four filters' element k of the window.
fn features_3_Conv_filters(group: i32, k: i32, quad: i32) -> vec4u {
  let four = features_3_Conv_weights[k * 2 + min(quad, 1)];
  return four;
}

/// Four results of a pixel as bits, lowest first.
fn features_3_Conv_finish(pixel: i32, group: i32, first: i32, sums: vec4u) -> u32 {
  let column = pixel % 3;
  let row = pixel / 3 % 3;
  let sample = pixel / 9;
  let channel = first;
  let top = row - 1;
  let left = column - 1;
  let a = vec4i(4 * taps_inside(top, 1, 3, 3) * taps_inside(left, 1, 3, 3)) - 2 * vec4i(sums);
  let four = features_3_Conv_value(a, sample, row, column, channel);
  let bits = select(vec4u(), vec4u(1, 2, 4, 8), four);
  // Past the last filter there are zeros.
  return (bits.x | bits.y | bits.z | bits.w) & select(0u, 0xfu >> u32(max(0, first + 4 - 5)), first < 5);
}

@compute @workgroup_size(64)
fn features_3_Conv_main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let lane = i32(index);
  let across = lane / 4;
  let deep = lane % 4;
  let pixels_before = i32(workgroup.x + workgroup.z * workgroups.x) * 64;
  const group = 0;
  let quads_before = i32(workgroup.y) * 8;
  // This invocation fetches windows of the same four pixels all the time; past the last pixel, of the last again.
  let fetched = lane % 16;
  let pixel_of_4 = min(vec4i(pixels_before + fetched * 4) + vec4i(0, 1, 2, 3), vec4i(samples * 9 - 1));
  let row_of_4 = pixel_of_4 / 3;
  let top = row_of_4 % 3 - 1;
  let left = pixel_of_4 % 3 - 1;
  let start = row_of_4 / 3 * 9 + top * 3 + left * 1;
  var sums_0_0 = vec4u();
  var sums_0_1 = vec4u();
  var sums_1_0 = vec4u();
  var sums_1_1 = vec4u();
  var sums_2_0 = vec4u();
  var sums_2_1 = vec4u();
  var sums_3_0 = vec4u();
  var sums_3_1 = vec4u();
  for (var base = 0; base < 9; base += 9) {
    for (var k = lane / 16; k < 9; k += 4) {
      let tap = (base + k) / 1;
      let ky = tap / 3;
      let kx = tap % 3;
      let at = start + (ky * 3 + kx);
      let four = vec4u(
        features_3_Conv_x[at.x],
        features_3_Conv_x[at.y],
        features_3_Conv_x[at.z],
        features_3_Conv_x[at.w],
      );
      // A negative row or column is a large one without its sign.
      let inside = (vec4u(top + ky) < vec4u(3)) & (vec4u(left + kx) < vec4u(3));
      features_3_Conv_xs[k * 16 + fetched] = select(vec4u(), four, inside);
      features_3_Conv_inside[k * 16 + fetched] = select(vec4u(), vec4u(0xffffffff), inside);
    }
    for (var i = lane; i < 72; i += 64) {
      features_3_Conv_ws[i] = features_3_Conv_filters(group, base + i / 8, quads_before + i % 8);
    }
    workgroupBarrier();
    for (var k = 0; k < 9; k++) {
      let x = features_3_Conv_xs[k * 16 + across];
      let w_0 = features_3_Conv_ws[k * 8 + deep + 0];
      let w_1 = features_3_Conv_ws[k * 8 + deep + 4];
      let inside = features_3_Conv_inside[k * 16 + across];
      sums_0_0 += countOneBits((vec4u(x.x) ^ w_0) & vec4u(inside.x));
      sums_0_1 += countOneBits((vec4u(x.x) ^ w_1) & vec4u(inside.x));
      sums_1_0 += countOneBits((vec4u(x.y) ^ w_0) & vec4u(inside.y));
      sums_1_1 += countOneBits((vec4u(x.y) ^ w_1) & vec4u(inside.y));
      sums_2_0 += countOneBits((vec4u(x.z) ^ w_0) & vec4u(inside.z));
      sums_2_1 += countOneBits((vec4u(x.z) ^ w_1) & vec4u(inside.z));
      sums_3_0 += countOneBits((vec4u(x.w) ^ w_0) & vec4u(inside.w));
      sums_3_1 += countOneBits((vec4u(x.w) ^ w_1) & vec4u(inside.w));
    }
    workgroupBarrier();
  }
  let pixel = pixels_before + across * 4;
  let first = (quads_before + deep) * 4;
  features_3_Conv_parts[(across * 4 + 0) * 8 + deep + 0] =
    features_3_Conv_finish(pixel + 0, group, first + 4 * 0, sums_0_0);
  features_3_Conv_parts[(across * 4 + 0) * 8 + deep + 4] =
    features_3_Conv_finish(pixel + 0, group, first + 4 * 4, sums_0_1);
  features_3_Conv_parts[(across * 4 + 1) * 8 + deep + 0] =
    features_3_Conv_finish(pixel + 1, group, first + 4 * 0, sums_1_0);
  features_3_Conv_parts[(across * 4 + 1) * 8 + deep + 4] =
    features_3_Conv_finish(pixel + 1, group, first + 4 * 4, sums_1_1);
  features_3_Conv_parts[(across * 4 + 2) * 8 + deep + 0] =
    features_3_Conv_finish(pixel + 2, group, first + 4 * 0, sums_2_0);
  features_3_Conv_parts[(across * 4 + 2) * 8 + deep + 4] =
    features_3_Conv_finish(pixel + 2, group, first + 4 * 4, sums_2_1);
  features_3_Conv_parts[(across * 4 + 3) * 8 + deep + 0] =
    features_3_Conv_finish(pixel + 3, group, first + 4 * 0, sums_3_0);
  features_3_Conv_parts[(across * 4 + 3) * 8 + deep + 4] =
    features_3_Conv_finish(pixel + 3, group, first + 4 * 4, sums_3_1);
  workgroupBarrier();
  for (var i = lane; i < 64 * 1; i += 64) {
    var bits = 0u;
    for (var j = 0; j < 8; j++) {
      bits |= features_3_Conv_parts[i * 8 + j] << u32(j * 4);
    }
    let target_pixel = pixels_before + i / 1;
    let word = quads_before / 8 + i % 1;
    if (target_pixel < samples * 9 && word < 1) {
      features_3_Conv_y[target_pixel * 1 + word] = bits;
    }
  }
}

// Binary convolution 3x3: [3][3][5] to [1][1][3]. 64 pixels x 16 filters in a workgroup.
// y = mul(float(a), b), a being the result so far, b = alpha.
// ONNX: /fc/Gemm
@group(1) @binding(0) var<storage, read> fc_Gemm_x: array<u32>;
@group(1) @binding(1) var<storage, read> fc_Gemm_weights: array<vec4u>;
@group(1) @binding(2) var<storage, read> fc_Gemm_operand_b: array<f32>;
@group(1) @binding(3) var<storage, read_write> fc_Gemm_y: array<f32>;

// A chunk of the windows of all pixels, four pixels together, and the same of the filters.
var<workgroup> fc_Gemm_xs: array<vec4u, 144>;
var<workgroup> fc_Gemm_ws: array<vec4u, 36>;

fn fc_Gemm_value(a: vec4i, sample: i32, row: i32, column: i32, channel: i32) -> vec4f {
  let b = vec4f(
    fc_Gemm_operand_b[channel],
    fc_Gemm_operand_b[channel + 1],
    fc_Gemm_operand_b[channel + 2],
    fc_Gemm_operand_b[channel + 3],
  );
  return vec4f(a) * b;
}

/// Four filters' element k of the window.
fn fc_Gemm_filters(group: i32, k: i32, quad: i32) -> vec4u {
  let four = fc_Gemm_weights[k * 1 + min(quad, 0)];
  return four;
}

/// Stores four results of a pixel.
fn fc_Gemm_finish(pixel: i32, group: i32, first: i32, sums: vec4u) {
  if (pixel >= samples * 1 || first >= 3) {
    return;
  }
  let column = pixel % 1;
  let row = 0;
  let sample = pixel / 1;
  let channel = first;
  let a = vec4i(45) - 2 * vec4i(sums);
  let four = fc_Gemm_value(a, sample, row, column, channel);
  for (var j = 0; j < min(4, 3 - first); j++) {
    fc_Gemm_y[pixel * 3 + channel + j] = four[j];
  }
}

@compute @workgroup_size(64)
fn fc_Gemm_main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let lane = i32(index);
  let across = lane / 4;
  let deep = lane % 4;
  let pixels_before = i32(workgroup.x + workgroup.z * workgroups.x) * 64;
  const group = 0;
  let quads_before = i32(workgroup.y) * 4;
  // This invocation fetches windows of the same four pixels all the time; past the last pixel, of the last again.
  let fetched = lane % 16;
  let pixel_of_4 = min(vec4i(pixels_before + fetched * 4) + vec4i(0, 1, 2, 3), vec4i(samples * 1 - 1));
  let row_of_4 = pixel_of_4 / 1;
  let top = vec4i(0);
  let left = pixel_of_4 % 1;
  let start = row_of_4 / 1 * 9 + top * 3 + left * 1;
  var sums_0_0 = vec4u();
  var sums_1_0 = vec4u();
  var sums_2_0 = vec4u();
  var sums_3_0 = vec4u();
  for (var base = 0; base < 9; base += 9) {
    for (var k = lane / 16; k < 9; k += 4) {
      let tap = (base + k) / 1;
      let ky = tap / 3;
      let kx = tap % 3;
      let at = start + (ky * 3 + kx);
      let four = vec4u(
        fc_Gemm_x[at.x],
        fc_Gemm_x[at.y],
        fc_Gemm_x[at.z],
        fc_Gemm_x[at.w],
      );
      fc_Gemm_xs[k * 16 + fetched] = four;
    }
    for (var i = lane; i < 36; i += 64) {
      fc_Gemm_ws[i] = fc_Gemm_filters(group, base + i / 4, quads_before + i % 4);
    }
    workgroupBarrier();
    for (var k = 0; k < 9; k++) {
      let x = fc_Gemm_xs[k * 16 + across];
      let w_0 = fc_Gemm_ws[k * 4 + deep + 0];
      sums_0_0 += countOneBits(vec4u(x.x) ^ w_0);
      sums_1_0 += countOneBits(vec4u(x.y) ^ w_0);
      sums_2_0 += countOneBits(vec4u(x.z) ^ w_0);
      sums_3_0 += countOneBits(vec4u(x.w) ^ w_0);
    }
    workgroupBarrier();
  }
  let pixel = pixels_before + across * 4;
  let first = (quads_before + deep) * 4;
  fc_Gemm_finish(pixel + 0, group, first + 4 * 0, sums_0_0);
  fc_Gemm_finish(pixel + 1, group, first + 4 * 0, sums_1_0);
  fc_Gemm_finish(pixel + 2, group, first + 4 * 0, sums_2_0);
  fc_Gemm_finish(pixel + 3, group, first + 4 * 0, sums_3_0);
}
