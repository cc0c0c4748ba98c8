import { describe, expect, it } from "vitest";
import {
  dropoutStream,
  fillNormal,
  fillUniform,
  initialisationStream,
  permutation,
  philox,
  shuffleStream,
  uniform,
} from "../../../../runtime/random.ts";

describe("philox4x32-10", () => {
  // Published with the generator: Random123, kat_vectors, "philox4x32 10".
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("gives the published words for counter %j", (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });
});

describe("uniform", () => {
  it("is exact in float32, within [0, 1), with the right mean and variance", () => {
    const numbers = fillUniform(new Float32Array(100_000), 7, shuffleStream(3));
    let sum = 0;
    let squares = 0;
    for (const number of numbers) {
      expect(number >= 0 && number < 1).toBe(true);
      sum += number;
      squares += (number - 0.5) ** 2;
    }
    expect(sum / numbers.length).toBeCloseTo(0.5, 2);
    expect(squares / numbers.length).toBeCloseTo(1 / 12, 3);
  });

  it("fills from any offset with the numbers of that index", () => {
    const stream = dropoutStream(12, 1);
    const whole = fillUniform(new Float32Array(23), 99, stream);
    const part = fillUniform(new Float32Array(9), 99, stream, 6);
    expect([...part]).toEqual([...whole.subarray(6, 15)]);
    expect(uniform(99, stream, 17)).toBe(whole[17]);
  });

  it("differs between seeds (beyond 32 bits too), streams and purposes", () => {
    const first = [
      uniform(1, shuffleStream(0), 0),
      uniform(2, shuffleStream(0), 0),
      uniform(1 + 2 ** 32, shuffleStream(0), 0),
      uniform(1, shuffleStream(1), 0),
      uniform(1, dropoutStream(0, 0), 0),
      uniform(1, dropoutStream(0, 1), 0),
      uniform(1, initialisationStream("a.weight"), 0),
      uniform(1, initialisationStream("a.bias"), 0),
    ];
    expect(new Set(first).size).toBe(first.length);
  });
});

describe("fillNormal", () => {
  it("has mean 0, deviation 1 and normal tails, for an odd count too", () => {
    const numbers = fillNormal(new Float32Array(100_001), 5, initialisationStream("w"));
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
    const beyondTwo = numbers.filter((value) => Math.abs(value) > 2).length / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.003);
    expect(numbers.every(Number.isFinite)).toBe(true);
  });
});

describe("permutation", () => {
  it("holds every index once and is the same for the same seed and epoch", () => {
    const order = permutation(1000, 7, shuffleStream(4));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(permutation(1000, 7, shuffleStream(4))).toEqual(order);
    expect(permutation(1000, 7, shuffleStream(5))).not.toEqual(order);
    expect(permutation(1000, 8, shuffleStream(4))).not.toEqual(order);
  });

  it("gives each order of three about equally often", () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch += 1) {
      const order = permutation(3, 1, shuffleStream(epoch)).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it("handles none and one", () => {
    expect([...permutation(0, 1, shuffleStream(0))]).toEqual([]);
    expect([...permutation(1, 1, shuffleStream(0))]).toEqual([0]);
  });
});
