import { describe, expect, it } from "vitest";
import { numbersFacts } from "../../../cli/support/report-numbers.ts";
import type { InputFact, ModelDefinition } from "../../../runtime/contract.ts";
import type { Dataset, Examples } from "../../../cli/data/dataset.ts";

const track: InputFact = {
  name: "track",
  role: "target",
  shape: [3, 2],
  axes: ["T", "C"],
  dtype: "float32",
  lengths: true,
};

function examples(values: readonly number[], lengths: readonly number[]): Examples {
  const tensors = { track: Float32Array.from(values), "track.lengths": Float32Array.from(lengths) };
  return { count: lengths.length, tensors, select: () => tensors };
}

describe("numbersFacts", () => {
  it("draws data, and takes errors per step over what counts, beside the mean of the training part", () => {
    const definition = {
      losses: [{ input: "drawn", target: "track", reduction: "mean" }],
      inputs: [track],
    } as unknown as ModelDefinition;
    const dataset = {
      // 99 is padding: no mean holds it.
      train: examples([1, 1, 3, 3, 99, 99, 3, 3, 99, 99, 99, 99], [2, 1]),
      test: examples([2, 2, 4, 4, 0, 0, 1, 1, 0, 0, 0, 0], [2, 1]),
      forecast: undefined,
    } as unknown as Dataset;
    const outputs = { drawn: Float32Array.of(3, 1, 4, 6, 50, 50, 1, 4, 50, 50, 50, 50) };
    const test = { scores: { loss: 0, examples: 2, targets: [] }, outputs };
    const [facts, ...others] = numbersFacts(dataset, definition, test);
    expect(others).toEqual([]);
    expect(facts).toMatchObject({ target: "track", steps: 3, channels: 2 });
    expect(facts?.examples.map(({ truth, model }) => [truth, model])).toEqual([
      [
        [2, 2, 4, 4],
        [3, 1, 4, 6],
      ],
      [
        [1, 1],
        [1, 4],
      ],
    ]);
    // Step 1: |2-3|, |2-1|, |1-1|, |1-4| of the model, and distances from the mean (2, 2); step 2 of the first example alone.
    expect(Array.from(facts?.errors?.model ?? [])).toEqual([1.25, 1, Number.NaN]);
    expect(Array.from(facts?.errors?.naive ?? [])).toEqual([0.5, 1, Number.NaN]);
  });
});
