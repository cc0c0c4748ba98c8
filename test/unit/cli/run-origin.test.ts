/** What a run came from, kept by its checkpoint: each part of its data by its examples, and the schedule's length. */
import { describe, expect, it } from "vitest";
import { compareOrigins, ORIGIN_KEY, originOf, readOrigin } from "../../../cli/support/run-origin.ts";
import type { ModelDefinition } from "../../../runtime/contract.ts";
import type { Dataset, Examples } from "../../../cli/data/dataset.ts";

type Parts = Readonly<Record<"train" | "validation" | "test", readonly number[]>>;
const parts: Parts = { train: [1, 2, 3], validation: [4, 5], test: [6] };
const place = { run: "runs/a/1", file: "data/a.csv", weights: "runs/a/1/weights.safetensors" };

/** Examples of one number, and of a thousand zeros. */
function examples(values: readonly number[]): Examples {
  const select = (indices: ArrayLike<number>): Record<string, Float32Array> => ({
    x: Float32Array.from(Array.from(indices), (index) => values[index] ?? NaN),
    zeros: new Float32Array(indices.length * 1000),
  });
  return { count: values.length, select, tensors: {} };
}

function origin({ train, validation, test }: Parts, schedule?: object): ReturnType<typeof originOf> {
  const dataset = { train: examples(train), validation: examples(validation), test: examples(test) };
  return originOf(
    (schedule === undefined ? {} : { schedule }) as Pick<ModelDefinition, "schedule">,
    dataset as Dataset,
  );
}

function compared(now: Parts, schedules: readonly [object, object] | readonly [] = []): readonly string[] {
  const before = { ...origin(parts, schedules[0]), ran_on: [] };
  const stored = readOrigin({ [ORIGIN_KEY]: JSON.stringify(before) });
  if (stored === undefined) throw new Error("nothing was read back");
  return compareOrigins(stored, origin(now, schedules[1]), place);
}

describe("the origin of a run", () => {
  it("is the same for the same examples, however many there are", () => {
    expect(compared(parts)).toEqual([]);
    const many = { ...parts, train: Array.from({ length: 5000 }, (_, index) => index) };
    expect(origin(many)).toEqual(origin(many));
    expect(origin({ ...many, train: many.train.with(4999, 1) })).not.toEqual(origin(many));
  });

  it.each([
    [{ ...parts, train: [1, 2, 4] }, "other values in the training part (3 examples)."],
    [{ ...parts, train: [2, 1, 3] }, "other values in the training part (3 examples)."],
    [{ ...parts, validation: [4] }, "1 instead of 2 examples in the validation part."],
    [
      { ...parts, train: [1, 2, 3, 4], validation: [5, 6] },
      "4 instead of 3 examples in the training part and other values in the validation part (2 examples).",
    ],
  ])("refuses %j", (now, message) => {
    expect(() => compared(now)).toThrow(
      `"runs/a/1" was started with other data than "data/a.csv" gives now: ${message}`,
    );
  });

  it("says where only what is scored has changed", () => {
    expect(compared({ ...parts, test: [7] })).toEqual([
      "note: the examples of the test part are others than when the run was started; training does not see them.",
    ]);
  });

  it("says which length of a schedule is planned anew", () => {
    const schedule = (length: number) => ({ kind: "one_cycle", planned: { total_steps: length } });
    expect(compared(parts, [schedule(10), schedule(13)])).toEqual([
      "note: the schedule one_cycle is planned anew for the length of this training: total_steps was 10 and is 13. " +
        "What is left goes by the new one.",
    ]);
    expect(compared(parts, [schedule(10), schedule(10)])).toEqual([]);
  });

  it("is not in the checkpoints of others", () => {
    expect(readOrigin({})).toBeUndefined();
  });
});
