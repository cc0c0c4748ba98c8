/** Numbers of every kind that JavaScript has are taken where they are meant exactly, and refused with the place else. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { TensorInput } from "../../../../runtime/contract-live.ts";
import { expectProblem } from "./expect-problem.ts";
import { linearModel } from "./linear-fixture.ts";

const wide = [1, 2, 3, 4, 5, 6];

describe("an input", () => {
  it.each<[string, TensorInput]>([
    ["Float64Array", Float64Array.from(wide)],
    ["Int8Array", Int8Array.from(wide)],
    ["Uint8Array", Uint8Array.from(wide)],
    ["Uint8ClampedArray", Uint8ClampedArray.from(wide)],
    ["Int16Array", Int16Array.from(wide)],
    ["Uint16Array", Uint16Array.from(wide)],
    ["Int32Array", Int32Array.from(wide)],
    ["Uint32Array", Uint32Array.from(wide)],
    ["BigInt64Array", BigInt64Array.from(wide, BigInt)],
    ["BigUint64Array", BigUint64Array.from(wide, BigInt)],
    ["Buffer", Buffer.from(wide)],
    ["a view with an offset", new Float64Array(Float64Array.from([9, ...wide]).buffer, 8)],
    ["shared memory", new Float32Array(new SharedArrayBuffer(24)).fill(0)],
    ["rows of typed arrays", [Float64Array.of(1, 2, 3), Int32Array.of(4, 5, 6)]],
    ["an array of another realm", runInNewContext("Float32Array.of(1, 2, 3, 4, 5, 6)") as Float32Array],
    ["a list of another realm", runInNewContext("[[1, 2, 3], [4, 5, 6]]") as number[][]],
  ])("may be %s", async (name, x) => {
    const { model } = await linearModel();
    const numbers = name === "shared memory" ? wide.map(() => 0) : wide;
    expect(await model.predict({ x })).toEqual(await model.predict({ x: Float32Array.from(numbers) }));
  });

  it("of fractions is rounded to float32, as a list is", async () => {
    const { model } = await linearModel();
    const fractions = [0.1, 1 / 3, 1e-50];
    const rounded = await model.predict({ x: Float32Array.from(fractions) });
    expect(await model.predict({ x: Float64Array.from(fractions) })).toEqual(rounded);
    expect(await model.predict({ x: fractions })).toEqual(rounded);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "an integer that float32 lacks",
      Int32Array.of(1, 16777217, 3),
      /x\[0, 1\] is 16777217, which float32 cannot hold/,
    ],
    [
      "a bigint that float64 lacks",
      BigInt64Array.of(1n, 2n, 9007199254740993n),
      /x\[2\] is the number 9007199254740993n/,
    ],
    ["a float64 beyond float32", Float64Array.of(1, 2, 1e300), /x\[0, 2\] is 1e\+300, which float32 cannot hold/],
    ["NaN", Float64Array.of(1, NaN, 3), /x\[0, 1\] is NaN/],
    ["a wrong count", Uint8Array.of(1, 2), /a multiple of 3 numbers, but 2 were given/],
    ["an empty array", new BigInt64Array(0), /"x" is empty/],
    ["a DataView", new DataView(new ArrayBuffer(12)), /it is a DataView/],
    ["a buffer", new ArrayBuffer(12), /it is an ArrayBuffer/],
    ["a promise", Promise.resolve([1, 2, 3]), /it is a Promise/],
    ["a map", new Map(), /it is a Map/],
    ["true", true, /it is true/],
    ["a list with a hole", [1, , 3], /x\[1\] is undefined where a number/],
    ["a list of truths", [true, false, true], /x\[0\] is true where a list of 3/],
    ["a function", () => 1, /it is a function/],
  ])("is refused that is %s", async (_name, x, message) => {
    const { model } = await linearModel();
    await expectProblem(() => model.predict({ x: x as TensorInput }), "wrong-inputs", message);
  });
});
