// AssemblyScript. Loads and stores that SIMD has no instruction for. Strides are in bytes.

/** Four numbers `step` apart, of which the first `count` are in bounds. */
export function gather(at: usize, step: i32, count: i32): v128 {
  let v = v128.load32_zero(at);
  if (count > 1) v = v128.load32_lane(at + step, v, 1);
  if (count > 2) v = v128.load32_lane(at + step * 2, v, 2);
  if (count > 3) v = v128.load32_lane(at + step * 3, v, 3);
  return v;
}

export function scatter(at: usize, step: i32, v: v128, count: i32): void {
  v128.store32_lane(at, v, 0);
  if (count > 1) v128.store32_lane(at + step, v, 1);
  if (count > 2) v128.store32_lane(at + step * 2, v, 2);
  if (count > 3) v128.store32_lane(at + step * 3, v, 3);
}

export function fourNumbers(a: usize, b: usize, c: usize, d: usize): v128 {
  let v = v128.load32_zero(a);
  v = v128.load32_lane(b, v, 1);
  v = v128.load32_lane(c, v, 2);
  return v128.load32_lane(d, v, 3);
}

export function fourIntegers(a: i32, b: i32, c: i32, d: i32): v128 {
  let v = i32x4.splat(a);
  v = i32x4.replace_lane(v, 1, b);
  v = i32x4.replace_lane(v, 2, c);
  return i32x4.replace_lane(v, 3, d);
}

/** The first `count` (1 .. 3) lanes. */
export function storeSome(at: usize, v: v128, count: i32): void {
  if (count & 2) {
    v128.store64_lane(at, v, 0);
    if (count & 1) v128.store32_lane(at, v, 2, 8);
  } else v128.store32_lane(at, v, 0);
}

/** All bits set in the lanes from `count` on. */
export function unusedLanes(count: i32): v128 {
  return i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The sum in every lane. */
export function sumOfLanes(v: v128): v128 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

/** The sum of the lanes of each of four vectors. */
export function sumsOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}

export function maximumOfLanes(v: v128): v128 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

export function clampIndex(value: i32, low: i32, high: i32): i32 {
  return min(max(value, low), high);
}
