/**
 * The one source of randomness: Philox4x32-10, a counter-based generator. Every number is a pure function of seed, stream
 * and index, so initial weights, shuffles and dropout are the same on every backend and after every resume.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */

/** The upper half of the generator's counter: what the numbers are for. */
export interface Stream {
  readonly low: number;
  readonly high: number;
}

type Words = [number, number, number, number];

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl increments: the golden ratio and sqrt(3) - 1, in 32 bits. */
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;
const TWO_TO_32 = 4294967296;

/** One purpose each, in the top byte of `Stream.high`, so that streams of different purposes never meet. */
const PURPOSE = { initialisation: 1, shuffle: 2, dropout: 3, split: 4 } as const;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/**
 * The raw block function: 128 bits of counter and 64 bits of key to 128 random bits, as four unsigned 32-bit words.
 */
export function philox(counter: Readonly<Words>, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1 >>> 0, (high0 ^ c3 ^ k1) >>> 0, low0 >>> 0];
    k0 = (k0 + KEY_STEP_0) >>> 0;
    k1 = (k1 + KEY_STEP_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

function block(seed: number, stream: Stream, number: number): Words {
  const key = [seed % TWO_TO_32, Math.floor(seed / TWO_TO_32)] as const;
  return philox([number % TWO_TO_32, Math.floor(number / TWO_TO_32), stream.low, stream.high], key);
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** One stream per parameter name: adding a layer leaves the start of the others as it was. */
export function initialisationStream(parameter: string): Stream {
  const second = hashText(parameter, 0x9747b28c) & 0xffffff;
  return { low: hashText(parameter, 0x811c9dc5), high: ((PURPOSE.initialisation << 24) | second) >>> 0 };
}

/** One stream per epoch. @param epoch 0 for the first */
export function shuffleStream(epoch: number): Stream {
  return { low: epoch >>> 0, high: (PURPOSE.shuffle << 24) >>> 0 };
}

/** The order in which a split draws its examples or groups. */
export const splitStream: Stream = { low: 0, high: (PURPOSE.split << 24) >>> 0 };

/** One stream per training batch and random argument. @param batch 1 for the first */
export function dropoutStream(batch: number, argument: number): Stream {
  return { low: batch >>> 0, high: ((PURPOSE.dropout << 24) | (argument & 0xffffff)) >>> 0 };
}

/** The number at `index` of a stream: a multiple of 2^-24 in [0, 1), exact in float32. */
export function uniform(seed: number, stream: Stream, index: number): number {
  const words = block(seed, stream, Math.floor(index / 4));
  return ((words[index % 4] ?? 0) >>> 8) / 16777216;
}

/** Fills `target` with the numbers `offset`, `offset + 1`, ... of a stream, each in [0, 1). */
export function fillUniform(target: Float32Array, seed: number, stream: Stream, offset = 0): Float32Array {
  let index = offset;
  let position = 0;
  while (position < target.length) {
    const words = block(seed, stream, Math.floor(index / 4));
    for (let lane = index % 4; lane < 4 && position < target.length; lane += 1) {
      target[position] = ((words[lane] ?? 0) >>> 8) / 16777216;
      position += 1;
      index += 1;
    }
  }
  return target;
}

/** Fills `target` with standard normal numbers: Box-Muller, one pair per block from 32-bit uniforms. */
export function fillNormal(target: Float32Array, seed: number, stream: Stream): Float32Array {
  for (let pair = 0; pair * 2 < target.length; pair += 1) {
    const words = block(seed, stream, pair);
    // (0, 1]: the logarithm of 0 would be infinite.
    const radius = Math.sqrt(-2 * Math.log((words[0] + 1) / TWO_TO_32));
    const angle = (2 * Math.PI * words[1]) / TWO_TO_32;
    target[pair * 2] = radius * Math.cos(angle);
    if (pair * 2 + 1 < target.length) target[pair * 2 + 1] = radius * Math.sin(angle);
  }
  return target;
}

/** Every order of 0 .. count - 1 equally likely: Fisher-Yates with unbiased bounded draws. */
export function permutation(count: number, seed: number, stream: Stream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let drawn = 0;
  let words: Words = [0, 0, 0, 0];
  const draw = (): number => {
    if (drawn % 4 === 0) words = block(seed, stream, drawn / 4);
    const word = words[drawn % 4] ?? 0;
    drawn += 1;
    return word;
  };
  for (let last = count - 1; last > 0; last -= 1) {
    const bound = last + 1;
    // Words above the largest multiple of `bound` would favour small results.
    const limit = TWO_TO_32 - (TWO_TO_32 % bound);
    let word = draw();
    while (word >= limit) word = draw();
    const chosen = word % bound;
    const moved = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = moved;
  }
  return order;
}
