// Vectorised float32 mathematics of the wasm target, four lanes at a time.
// Dialect: AssemblyScript (https://www.assemblyscript.org), not TypeScript: compiled by `asc`, never by `tsc`.
//
// Every function is written for two binaries: plain SIMD, where `madd` rounds twice, and relaxed SIMD, where the engine may
// fuse it. Both stay within 2 ulp of the correctly rounded float32 result for every input, subnormal results and inputs
// included; `node bench/accuracy.mjs` measures that over all 2^32 inputs.
//
// All but `power` are inlined, for the constants' sake: V8 builds each vector constant in three instructions, lifts it out
// of a loop it is inlined into (if the loop tests its condition at the end: `do { } while`), and builds it anew at every
// call of a function. There are no tables and no per-lane branches, so nothing here needs linear memory.
//
// What needs no function: f32x4.sqrt, abs and neg are exact. f32x4.min and max agree with Math.min and Math.max (NaN if
// either operand is, -0 below 0). The cheaper pmin and pmax used for clamping here take their FIRST operand when the
// comparison is false, so `pmin(x, limit)` lets a NaN in x through.

// 2^23 * 1.5 + bias: adding it rounds a small float to an integer and leaves `integer + bias` in the lowest bits of the sum,
// whence a shift left by 23 makes the float 2^integer (bias 127) without any conversion.
const ROUND_127: f32 = 12583039.0;
const ROUND_97: f32 = 12583009.0;

/** The same number in all lanes; asc folds it to a constant. */
@inline
function all(value: f32): v128 {
  return f32x4.splat(value);
}

/** a * b + c, fused where the engine offers it. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f32x4.relaxed_madd(a, b, c);
  } else {
    return f32x4.add(f32x4.mul(a, b), c);
  }
}

/** c - a * b, fused where the engine offers it. */
@inline
function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f32x4.relaxed_nmadd(a, b, c);
  } else {
    return f32x4.sub(c, f32x4.mul(a, b));
  }
}

/**
 * e^x = 2^2m * e^r with |r| <= ln 2. The scale is applied as 2^m twice, so that results overflow and sink into subnormals at
 * the right places in one rounding. e^r: minimax polynomial on [-0.6935, 0.6935], relative error 1.5e-8.
 */
@inline
export function exp(x: v128): v128 {
  const limited = f32x4.pmax(f32x4.pmin(x, all(89)), all(-104));
  const rounded = madd(limited, all(0.72134752), all(ROUND_127));
  const m = f32x4.sub(rounded, all(ROUND_127));
  // 2 ln 2 in two parts; m * the first (10 bits) is exact.
  const r = madd(m, all(0.00042438888), madd(m, all(-1.38671875), limited));
  let p = madd(all(0.000196297988), r, all(0.00141047814));
  p = madd(p, r, all(0.00833593495));
  p = madd(p, r, all(0.041661229));
  p = madd(p, r, all(0.16666618));
  p = madd(p, r, all(0.500000358));
  p = madd(p, r, all(1));
  p = madd(p, r, all(1));
  const scale = i32x4.shl(rounded, 23);
  return f32x4.mul(f32x4.mul(p, scale), scale);
}

/**
 * 1 / (1 + e^-x) as c / (c + c e^-x) with c = 2^-30: then c e^-x stays finite down to x = -104, where the quotient has gone
 * through all subnormals. e^r: minimax polynomial on [-0.3467, 0.3467], relative error 3.1e-9, in r = -(reduced -x).
 */
@inline
export function sigmoid(x: v128): v128 {
  const limited = f32x4.pmax(f32x4.pmin(x, all(20)), all(-104));
  const rounded = madd(limited, all(-1.44269504), all(ROUND_97));
  const n = f32x4.sub(rounded, all(ROUND_97));
  // ln 2 in two parts; n * the first (9 bits) is exact.
  const r = madd(n, all(-0.00021219444), madd(n, all(0.693359375), limited));
  let p = madd(all(0.00138207327), r, all(-0.00836867746));
  p = madd(p, r, all(0.0416682661));
  p = madd(p, r, all(-0.166665211));
  p = madd(p, r, all(0.49999994));
  p = madd(p, r, all(-1));
  p = madd(p, r, all(1));
  const small = all(9.31322574615478515625e-10);
  return f32x4.div(small, madd(p, i32x4.shl(rounded, 23), small));
}

/**
 * x = n ln 2 / 2 + r with |r| <= ln 2 / 4, and with s = 2^-n and t = tanh r
 *   tanh x = ((1 + s) t + (1 - s)) / ((1 + s) + (1 - s) t),
 * which is t itself for n = 0 and cannot exceed 1. t = r (1 + r^2 P(r^2)): minimax on |r| <= 0.1734, relative error 1.7e-10.
 */
@inline
export function tanh(x: v128): v128 {
  const limited = f32x4.pmax(f32x4.pmin(x, all(9.25)), all(-9.25));
  const rounded = madd(limited, all(-2.88539008), all(ROUND_127));
  // One part of ln 2 / 2 is enough: where n is large, tanh is flat. Subtracting n * it (and, below, s - 1), each +0 for
  // n = 0, keeps the sign of -0, and so does multiplying r rather than adding to it.
  const n = f32x4.sub(all(ROUND_127), rounded);
  const r = nmadd(n, all(0.34657359), limited);
  const square = f32x4.mul(r, r);
  let p = madd(all(-0.0527152866), square, all(0.133311421));
  p = madd(p, square, all(-0.333333224));
  const t = f32x4.mul(madd(p, square, all(1)), r);
  const s = i32x4.shl(rounded, 23);
  const sum = f32x4.add(s, all(1));
  const difference = f32x4.sub(s, all(1));
  const numerator = f32x4.sub(f32x4.mul(sum, t), difference);
  return f32x4.div(numerator, nmadd(difference, t, sum));
}

/**
 * erf |x| = 1 - e^-q with q = -log(erfc |x|) = |x| + |x| Q(|x|): one polynomial for all x, since what q may err grows as erfc
 * shrinks. Q: minimax on (0, 3.93] for the relative error of erf, 4.3e-9. 1 - e^-r = r + r^2 P(r): minimax on
 * [-0.3467, 0.3467], relative error 1.4e-8; with e^-q = s e^-r, erf |x| = (1 - s) + s (1 - e^-r).
 */
@inline
export function erf(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), all(3.93));
  let w = madd(all(-9.38807807e-6), size, all(0.000118861994));
  w = madd(w, size, all(-0.000637364865));
  w = madd(w, size, all(0.00167567772));
  w = madd(w, size, all(-0.000169504681));
  w = madd(w, size, all(-0.0191478226));
  w = madd(w, size, all(0.102776304));
  w = madd(w, size, all(0.636619568));
  w = madd(w, size, all(0.128379166));
  const q = madd(w, size, size);
  const rounded = madd(q, all(-1.44269504), all(ROUND_127));
  const r = madd(f32x4.sub(rounded, all(ROUND_127)), all(0.693147181), q);
  let p = madd(all(-0.00138706679), r, all(0.00836626254));
  p = madd(p, r, all(-0.0416674353));
  p = madd(p, r, all(0.166665465));
  p = madd(p, r, all(-0.49999997));
  const fraction = madd(p, f32x4.mul(r, r), r);
  const s = i32x4.shl(rounded, 23);
  const result = madd(s, fraction, f32x4.sub(all(1), s));
  return v128.or(result, v128.and(x, all(-0.0)));
}

/**
 * x = 2^k (1 + f) with f in [-0.293, 0.415]; log x = k ln 2 + f - f^2 / 2 + f^3 P(f). P: minimax for the relative error of
 * log(1 + f), 5.9e-9. A subnormal x is lifted by 2^23 first.
 */
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, all(1.17549435e-38));
  const normal = v128.bitselect(f32x4.mul(x, all(8388608)), x, tiny);
  // 0x3f3504f3 is sqrt(1/2): above it the difference's exponent field is k.
  const exponent = i32x4.shr_s(i32x4.sub(normal, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(normal, i32x4.shl(exponent, 23)), all(1));
  const k = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(tiny, all(23)));
  let p = madd(all(-0.0763643906), f, all(0.127622172));
  p = madd(p, f, all(-0.131596103));
  p = madd(p, f, all(0.1420158));
  p = madd(p, f, all(-0.166234091));
  p = madd(p, f, all(0.200012416));
  p = madd(p, f, all(-0.250008196));
  p = madd(p, f, all(0.333333313));
  const square = f32x4.mul(f, f);
  // ln 2 in two parts; k * the larger (9 bits) is exact.
  let y = madd(p, f32x4.mul(square, f), f32x4.mul(k, all(-0.00021219444)));
  y = f32x4.add(f, madd(square, all(-0.5), y));
  y = madd(k, all(0.693359375), y);
  // Infinity and NaN are their own logarithms; 0 of either sign gives -Infinity, all bits set (below 0) is a NaN.
  y = v128.bitselect(y, x, f32x4.lt(x, all(Infinity)));
  y = v128.bitselect(all(-Infinity), y, f32x4.eq(x, all(0)));
  return v128.or(y, f32x4.lt(x, all(0)));
}

/** -1, 0 or 1; NaN stays NaN and -0 stays -0. Two factors of 2^127 lift even the smallest subnormal above 1. */
@inline
export function sign(x: v128): v128 {
  const large = f32x4.mul(f32x4.mul(x, all(1.70141183e38)), all(1.70141183e38));
  return f32x4.pmax(f32x4.pmin(large, all(1)), all(-1));
}

@inline
export function floor(x: v128): v128 {
  return f32x4.floor(x);
}

/**
 * x^y with the special cases of Math.pow (1 to an infinite or NaN power is NaN, as there). Computed in float64 and rounded
 * once; a plain function, for it is long and rare.
 */
export function power(x: v128, y: v128): v128 {
  const size = f32x4.abs(x);
  const low = powerOfPair(f64x2.promote_low_f32x4(size), f64x2.promote_low_f32x4(y));
  const high = powerOfPair(
    f64x2.promote_low_f32x4(v128.shuffle<f32>(size, size, 2, 3, 2, 3)),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(y, y, 2, 3, 2, 3)),
  );
  let result = v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
  const half = f32x4.mul(y, all(0.5));
  const fractional = f32x4.ne(f32x4.floor(y), y);
  const odd = v128.andnot(f32x4.ne(f32x4.floor(half), half), fractional);
  result = v128.xor(result, v128.and(v128.and(x, all(-0.0)), odd));
  // A finite number below 0 has a power only if the exponent is whole.
  const below = v128.and(f32x4.lt(x, all(0)), f32x4.gt(x, all(-Infinity)));
  result = v128.or(result, v128.and(below, fractional));
  return v128.bitselect(all(1), result, f32x4.eq(y, all(0)));
}

/** x^y of two float64 lanes that hold float32 values, x >= 0: 2^(y log2 x), relative error below 1e-11. */
function powerOfPair(x: v128, y: v128): v128 {
  // x = 2^k m, m in [sqrt(1/2), sqrt(2)]; log2 m = 2 / ln 2 * atanh(s), s = (m - 1) / (m + 1), |s| <= 0.1716: eight terms
  // of the series leave 3e-14.
  const one = f64x2.splat(1);
  const shifted = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd - 0x3ff0000000000000));
  const field = i64x2.shr_u(shifted, 52);
  // The field's number, made by placing it below the exponent of 2^52.
  const k = f64x2.sub(v128.or(field, f64x2.splat(4503599627370496)), f64x2.splat(4503599627370496 + 1023));
  const m = i64x2.sub(x, i64x2.sub(i64x2.shl(field, 52), one));
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(1.0 / 15.0);
  p = step(p, z, 1.0 / 13.0);
  p = step(p, z, 1.0 / 11.0);
  p = step(p, z, 1.0 / 9.0);
  p = step(p, z, 1.0 / 7.0);
  p = step(p, z, 1.0 / 5.0);
  p = step(p, z, 1.0 / 3.0);
  p = step(p, z, 1.0);
  let logarithm = f64x2.add(k, f64x2.mul(f64x2.mul(s, p), f64x2.splat(2.8853900817779268)));
  logarithm = v128.bitselect(logarithm, x, f64x2.lt(x, f64x2.splat(Infinity)));
  logarithm = v128.bitselect(f64x2.splat(-Infinity), logarithm, f64x2.eq(x, f64x2.splat(0)));

  // Beyond +-200 the float32 result is 0 or Infinity anyway.
  const exponent = f64x2.pmax(f64x2.pmin(f64x2.mul(y, logarithm), f64x2.splat(200)), f64x2.splat(-200));
  const rounded = f64x2.add(exponent, f64x2.splat(6755399441055744 + 1023));
  const n = f64x2.sub(rounded, f64x2.splat(6755399441055744 + 1023));
  // e^r by its series, |r| <= ln 2 / 2: eleven terms leave 3e-13.
  const r = f64x2.mul(f64x2.sub(exponent, n), f64x2.splat(0.6931471805599453));
  let e = f64x2.splat(1.0 / 3628800.0);
  e = step(e, r, 1.0 / 362880.0);
  e = step(e, r, 1.0 / 40320.0);
  e = step(e, r, 1.0 / 5040.0);
  e = step(e, r, 1.0 / 720.0);
  e = step(e, r, 1.0 / 120.0);
  e = step(e, r, 1.0 / 24.0);
  e = step(e, r, 1.0 / 6.0);
  e = step(e, r, 0.5);
  e = step(e, r, 1.0);
  e = step(e, r, 1.0);
  return f64x2.mul(e, i64x2.shl(rounded, 52));
}

/** One step of Horner's rule in float64. */
@inline
function step(sum: v128, x: v128, coefficient: f64): v128 {
  return f64x2.add(f64x2.mul(sum, x), f64x2.splat(coefficient));
}
