// Numbers from a counter: the same in JavaScript and in Python (peers/pytorch.py), so that all peers start from equal numbers.

/** FNV-1a, 32 bit. */
export function streamOf(name) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** 32 bits of number `index` of a stream: murmur3's finaliser over a Weyl sequence. */
export function bitsOf(stream, index) {
  let hash = (stream + Math.imul(index, 0x9e3779b9)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The numbers of a tensor: `centre + spread * u` with u uniform in [-1, 1), or class numbers 0 .. classes - 1.
 *
 * @param {string} workload the streams of two workloads differ
 */
export function numbersOf(workload, tensor) {
  const size = tensor.shape.reduce((product, length) => product * length, 1);
  const stream = streamOf(`${workload}:${tensor.name}`);
  if (tensor.classes !== undefined)
    return Int32Array.from({ length: size }, (_, i) => bitsOf(stream, i) % tensor.classes);
  const { centre = 0, spread } = tensor;
  return Float32Array.from({ length: size }, (_, i) => centre + spread * ((bitsOf(stream, i) >>> 8) / 8388608 - 1));
}
