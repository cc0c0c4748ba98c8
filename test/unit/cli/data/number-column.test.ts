import fc from "fast-check";
import { expect, it } from "vitest";
import { NumberStore, firstKnownRow, missingIn } from "../../../../cli/data/number-column.ts";

const stored = (numbers: readonly number[]): NumberStore => {
  const store = new NumberStore(numbers.length);
  numbers.forEach((value, row) => {
    store.set(row, value);
  });
  return store;
};

it("holds every number as it is, whatever comes before and behind", () => {
  const number = fc.oneof(
    fc.integer({ min: -200, max: 200 }),
    fc.integer({ min: -40_000, max: 40_000 }),
    fc.integer(),
    fc.float(),
    fc.double(),
    fc.constantFrom(-0, 0, Number.NaN, 2 ** 24 + 1),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 20 }), (numbers) => {
      const values = [...stored(numbers).values];
      expect(values.every((value, row) => Object.is(value, numbers[row]))).toBe(true);
    }),
  );
});

it.each([
  [[1, -128, 127], Int8Array],
  [[1, 128], Int16Array],
  [[1, 40_000, 0.5, Number.NaN], Float32Array],
  [[1, 0.1], Float64Array],
  [[1, 2 ** 24 + 1], Float64Array],
])("holds %j in a %o", (numbers, kind) => {
  expect(stored(numbers).values).toBeInstanceOf(kind);
});

it("counts what is missing", () => {
  const { values } = stored([Number.NaN, 1, Number.NaN, 2]);
  expect([missingIn(values), missingIn(values, 1), missingIn(values, 0, 1), firstKnownRow(values)]).toEqual([
    2, 1, 1, 1,
  ]);
  expect(firstKnownRow(stored([Number.NaN]).values)).toBe(-1);
});
