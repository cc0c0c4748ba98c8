// AssemblyScript. Matrix products out of packed panels.
//
// The left factor is packed into panels of ROWS rows, the right one into panels of 8 columns; inside a panel the depth index
// runs slowest, so that the inner loop reads both in order. A tile of ROWS x 8 results stays in registers: with two vectors
// of the right panel and a splat of the left one that is 15 of x64's 16 for six rows. Where a product and a sum are two
// instructions there is one temporary more, and V8 spills: plain SIMD has four rows. Panels a power of two apart would fall
// into the same cache sets, so those are kept a cache line further apart. Sizes and strides are in bytes unless they count.
//
// V8's register allocator is easily upset here: a tile of six rows reaches 58 GFLOP/s as it stands, and 27 when its loop tests
// at the end, or when what follows the loop branches or calls. So tiles do nothing but their sums and plain stores, and what
// is to be added, or is wider than the columns that are left, goes through a tile aside. Measure before changing a tile.
import { madd } from "./math";

/** Rows of a left panel. */
export const ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Left rows that are packed at once: with a depth of 256 they take 64 KiB, which leaves room in a level-2 cache. */
export const BLOCK: i32 = ASC_FEATURE_RELAXED_SIMD ? 66 : 64;
/** Bytes from one depth index to the next in a panel. */
export const LEFT: usize = <usize>ROWS * 4;
const RIGHT: usize = 32;

/** Bytes from one panel to the next. */
export function panelBytes(depth: i32, width: i32): usize {
  const bytes = <usize>(depth * width) << 2;
  return (bytes & 511) == 0 ? bytes + 64 : bytes;
}

/** Rows that lie anywhere: running index -> bytes, for up to two axes. */
// @ts-ignore: decorator
@inline function rowAt(from: usize, row: i32, inner: i32, outerStep: usize, step: usize): usize {
  return inner == 0 ? from + <usize>row * step : from + <usize>(row / inner) * outerStep + <usize>(row % inner) * step;
}

/**
 * Packs `rows` rows from `first` on (of `count`) into panels `panel` apart.
 *
 * @param inner extent of the inner of two row axes, 0 where there is one axis
 * @param rowStep, outerStep from one row to the next along the inner and the outer axis
 * @param step from one depth index to the next
 */
export function packLeft(
  dst: usize, panel: usize, from: usize, first: i32, rows: i32, count: i32,
  inner: i32, outerStep: usize, rowStep: usize, depth: i32, step: usize,
): void {
  const panels = (rows + ROWS - 1) / ROWS;
  if (inner == 0 && rowStep == 4) {
    const start = from + (<usize>first << 2);
    for (let k = 0; k < depth; k++) {
      let source = start + <usize>k * step, to = dst + <usize>k * LEFT;
      for (let p = 0; p < panels; p++) {
        v128.store(to, v128.load(source));
        if (ROWS == 6) v128.store64_lane(to, v128.load64_zero(source, 16), 0, 16);
        source += LEFT; to += panel;
      }
    }
    return;
  }
  const last = count - 1;
  for (let p = 0; p < panels; p++) {
    const row = first + p * ROWS;
    const to = dst + <usize>p * panel;
    packFour(
      to, LEFT,
      rowAt(from, row, inner, outerStep, rowStep),
      rowAt(from, min(row + 1, last), inner, outerStep, rowStep),
      rowAt(from, min(row + 2, last), inner, outerStep, rowStep),
      rowAt(from, min(row + 3, last), inner, outerStep, rowStep),
      depth, step,
    );
    if (ROWS == 6) {
      packTwo(
        to + 16,
        rowAt(from, min(row + 4, last), inner, outerStep, rowStep),
        rowAt(from, min(row + 5, last), inner, outerStep, rowStep),
        depth, step,
      );
    }
  }
}

/** Packs the panels `firstPanel` up to `lastPanel` of 8 columns; parameters as in packLeft. */
export function packRight(
  dst: usize, panel: usize, from: usize, firstPanel: i32, lastPanel: i32, count: i32,
  inner: i32, outerStep: usize, columnStep: usize, depth: i32, step: usize,
): void {
  if (inner == 0 && columnStep == 4) {
    const start = from + (<usize>firstPanel << 5);
    const begin = dst + <usize>firstPanel * panel;
    for (let k = 0; k < depth; k++) {
      let source = start + <usize>k * step, to = begin + <usize>k * RIGHT;
      for (let p = firstPanel; p < lastPanel; p++) {
        v128.store(to, v128.load(source));
        v128.store(to, v128.load(source, 16), 16);
        source += RIGHT; to += panel;
      }
    }
    return;
  }
  const last = count - 1;
  for (let p = firstPanel; p < lastPanel; p++) {
    for (let half = 0; half < 8; half += 4) {
      const column = (p << 3) + half;
      packFour(
        dst + <usize>p * panel + (<usize>half << 2), RIGHT,
        rowAt(from, min(column, last), inner, outerStep, columnStep),
        rowAt(from, min(column + 1, last), inner, outerStep, columnStep),
        rowAt(from, min(column + 2, last), inner, outerStep, columnStep),
        rowAt(from, min(column + 3, last), inner, outerStep, columnStep),
        depth, step,
      );
    }
  }
}

/** Four rows to dst[k][..4], `stride` from one k to the next. */
function packFour(dst: usize, stride: usize, p0: usize, p1: usize, p2: usize, p3: usize, depth: i32, step: usize): void {
  let k = 0;
  if (step == 4) {
    while (k <= depth - 4) {
      const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(dst, v128.shuffle<f64>(low01, low23, 0, 2)); dst += stride;
      v128.store(dst, v128.shuffle<f64>(low01, low23, 1, 3)); dst += stride;
      v128.store(dst, v128.shuffle<f64>(high01, high23, 0, 2)); dst += stride;
      v128.store(dst, v128.shuffle<f64>(high01, high23, 1, 3)); dst += stride;
      p0 += 16; p1 += 16; p2 += 16; p3 += 16; k += 4;
    }
  }
  for (; k < depth; k++) {
    f32.store(dst, f32.load(p0)); f32.store(dst, f32.load(p1), 4);
    f32.store(dst, f32.load(p2), 8); f32.store(dst, f32.load(p3), 12);
    p0 += step; p1 += step; p2 += step; p3 += step; dst += stride;
  }
}

/** Two rows to dst[k][..2] of left panels. */
function packTwo(dst: usize, p0: usize, p1: usize, depth: i32, step: usize): void {
  let k = 0;
  if (step == 4) {
    while (k <= depth - 4) {
      const r0 = v128.load(p0), r1 = v128.load(p1);
      const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      v128.store64_lane(dst, low, 0); dst += LEFT;
      v128.store64_lane(dst, low, 1); dst += LEFT;
      v128.store64_lane(dst, high, 0); dst += LEFT;
      v128.store64_lane(dst, high, 1); dst += LEFT;
      p0 += 16; p1 += 16; k += 4;
    }
  }
  for (; k < depth; k++) {
    f32.store(dst, f32.load(p0)); f32.store(dst, f32.load(p1), 4);
    p0 += step; p1 += step; dst += LEFT;
  }
}

/** A tile of `columns` (up to 8) that was computed beside the results: copied to them, or added. */
function copyTile(tile: usize, rows: i32, c: usize, cRow: usize, columns: i32, add: bool): void {
  for (let row = 0; row < rows; row++) {
    if (columns == 8) {
      const low = v128.load(tile), high = v128.load(tile, 16);
      v128.store(c, add ? f32x4.add(v128.load(c), low) : low);
      v128.store(c, add ? f32x4.add(v128.load(c, 16), high) : high, 16);
    } else {
      for (let column: usize = 0; column < <usize>columns; column++) {
        const value = f32.load(tile + (column << 2));
        const to = c + (column << 2);
        f32.store(to, add ? f32.load(to) + value : value);
      }
    }
    tile += 32; c += cRow;
  }
}

/** 6 x 8 results. */
function tileOfSix(a: usize, depth: i32, b: usize, c: usize, cRow: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0), c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  const end = a + <usize>depth * LEFT;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4); c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8); c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12); c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16); c40 = madd(x, b0, c40); c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20); c50 = madd(x, b0, c50); c51 = madd(x, b1, c51);
    a += LEFT; b += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16); c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16); c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16); c += cRow;
  v128.store(c, c40); v128.store(c, c41, 16); c += cRow;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** 4 x 8 results. */
function tileOfFour(a: usize, depth: i32, b: usize, c: usize, cRow: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  const end = a + <usize>depth * LEFT;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4); c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8); c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12); c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    a += LEFT; b += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16); c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16); c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
}

/** 2 x 8 results; even and odd depths apart, to hide the latency of the additions. */
function tileOfTwo(a: usize, depth: i32, b: usize, c: usize, cRow: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let d00 = f32x4.splat(0), d01 = f32x4.splat(0), d10 = f32x4.splat(0), d11 = f32x4.splat(0);
  const end = a + <usize>(depth & ~1) * LEFT;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    const a0 = v128.load32_splat(a); c00 = madd(a0, b0, c00); c01 = madd(a0, b1, c01);
    const a1 = v128.load32_splat(a, 4); c10 = madd(a1, b0, c10); c11 = madd(a1, b1, c11);
    const a2 = v128.load32_splat(a, LEFT); d00 = madd(a2, b2, d00); d01 = madd(a2, b3, d01);
    const a3 = v128.load32_splat(a, LEFT + 4); d10 = madd(a3, b2, d10); d11 = madd(a3, b3, d11);
    a += LEFT * 2; b += 64;
  }
  if (depth & 1) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a), a1 = v128.load32_splat(a, 4);
    c00 = madd(a0, b0, c00); c01 = madd(a0, b1, c01);
    c10 = madd(a1, b0, c10); c11 = madd(a1, b1, c11);
  }
  v128.store(c, f32x4.add(c00, d00)); v128.store(c, f32x4.add(c01, d01), 16); c += cRow;
  v128.store(c, f32x4.add(c10, d10)); v128.store(c, f32x4.add(c11, d11), 16);
}

/** 1 x 8 results; `step` bytes from one depth index of the left row to the next. */
function tileOfOne(a: usize, step: usize, depth: i32, b: usize, c: usize): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  const end = a + <usize>(depth & ~1) * step;
  while (a < end) {
    const x = v128.load32_splat(a), y = v128.load32_splat(a + step);
    c0 = madd(x, v128.load(b), c0); c1 = madd(x, v128.load(b, 16), c1);
    d0 = madd(y, v128.load(b, 32), d0); d1 = madd(y, v128.load(b, 48), d1);
    a += step << 1; b += 64;
  }
  if (depth & 1) {
    const x = v128.load32_splat(a);
    c0 = madd(x, v128.load(b), c0); c1 = madd(x, v128.load(b, 16), c1);
  }
  v128.store(c, f32x4.add(c0, d0)); v128.store(c, f32x4.add(c1, d1), 16);
}

/** ROWS or fewer rows of results of one right panel. */
function multiplyPanel(a: usize, rows: i32, depth: i32, b: usize, c: usize, cRow: usize): void {
  if (ROWS == 6 && rows == 6) {
    tileOfSix(a, depth, b, c, cRow);
    return;
  }
  if (rows >= 4) {
    tileOfFour(a, depth, b, c, cRow);
    a += 16; c += cRow << 2; rows -= 4;
  }
  if (rows >= 2) {
    tileOfTwo(a, depth, b, c, cRow);
    a += 8; c += cRow << 1; rows -= 2;
  }
  if (rows > 0) tileOfOne(a, LEFT, depth, b, c);
}

/** Bytes that products need at `tile`. */
export const TILE: usize = 256;

/**
 * c[rows][columns] = a . b, or += with `add`.
 *
 * @param a packed left panels, `aPanel` apart
 * @param b packed right panels, `bPanel` apart
 * @param tile a place of this thread's own for tiles that cannot be stored as they are
 */
export function multiplyPanels(
  a: usize, aPanel: usize, rows: i32, depth: i32,
  b: usize, bPanel: usize, columns: i32,
  c: usize, cRow: usize, add: bool, tile: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    const width = min(8, columns - column);
    const aside = add || width < 8;
    let panel = a, to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row += ROWS) {
      const some = min(ROWS, rows - row);
      multiplyPanel(panel, some, depth, b, aside ? tile : to, aside ? 32 : cRow);
      if (aside) copyTile(tile, some, to, cRow, width, add);
      panel += aPanel; to += cRow * <usize>ROWS;
    }
    b += bPanel;
  }
}

/** 1 x 32 results from four right panels at once: fewer would not hide the latency of the additions. */
function tileOfRow(a: usize, depth: i32, b: usize, bPanel: usize, c: usize): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  let d = b + bPanel, e = d + bPanel, f = e + bPanel;
  const end = a + (<usize>depth << 2);
  while (a < end) {
    const x = v128.load32_splat(a);
    c0 = madd(x, v128.load(b), c0); c1 = madd(x, v128.load(b, 16), c1);
    c2 = madd(x, v128.load(d), c2); c3 = madd(x, v128.load(d, 16), c3);
    c4 = madd(x, v128.load(e), c4); c5 = madd(x, v128.load(e, 16), c5);
    c6 = madd(x, v128.load(f), c6); c7 = madd(x, v128.load(f, 16), c7);
    a += 4; b += 32; d += 32; e += 32; f += 32;
  }
  v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32); v128.store(c, c3, 48);
  v128.store(c, c4, 64); v128.store(c, c5, 80); v128.store(c, c6, 96); v128.store(c, c7, 112);
}

/** Copies a left row whose elements lie `step` apart, side by side. */
export function gatherRow(dst: usize, from: usize, depth: i32, step: usize): void {
  for (let k = 0; k < depth; k++) {
    f32.store(dst, f32.load(from));
    dst += 4; from += step;
  }
}

/**
 * As multiplyPanels, for the few rows of a recurrence that is run for one example: the left factor stays as it lies, rows
 * `aRow` apart and each row's elements side by side, and every row takes four panels at a time.
 */
export function multiplyRows(
  a: usize, aRow: usize, rows: i32, depth: i32,
  b: usize, bPanel: usize, columns: i32,
  c: usize, cRow: usize, add: bool, tile: usize,
): void {
  let column = 0;
  for (; column <= columns - 32; column += 32) {
    let from = a, to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row++) {
      tileOfRow(from, depth, b, bPanel, add ? tile : to);
      if (add) {
        for (let part: usize = 0; part < 128; part += 32) copyTile(tile + part, 1, to + part, 0, 8, true);
      }
      from += aRow; to += cRow;
    }
    b += bPanel << 2;
  }
  for (; column < columns; column += 8) {
    const width = min(8, columns - column);
    const aside = add || width < 8;
    let from = a, to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row++) {
      tileOfOne(from, 4, depth, b, aside ? tile : to);
      if (aside) copyTile(tile, 1, to, 0, width, add);
      from += aRow; to += cRow;
    }
    b += bPanel;
  }
}
