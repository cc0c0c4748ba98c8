import { describe, expect, it } from "vitest";
import type { ModelDefinition } from "../../../../runtime/contract.ts";
import { RunningModel } from "../../../../runtime/model/live.ts";
import { expectProblem } from "./expect-problem.ts";
import { BATCH, FakeExecutor, linearDefinition, linearModel } from "./linear-fixture.ts";

describe("inputs", () => {
  it("are refused with what was expected and found", async () => {
    const { model } = await linearModel();
    const predict = (inputs: unknown) => (): Promise<unknown> => model.predict(inputs as { x: Float32Array });
    const cases: [unknown, RegExp][] = [
      [null, /must be an object of tensors by name, not null/],
      [{}, /missing: x\).*this call takes x \[n, C\] = \[n, 3\]/],
      [{ z: [1], x: [1] }, /unknown: z\)/],
      [{ x: [1, 2, 3], y: [1] }, /unknown: y\). Targets are not given to predict/],
      [{ x: new Float32Array(7) }, /must be x \[n, C\] = \[n, 3\], a multiple of 3 numbers, but 7 were given/],
      [{ x: [] }, /"x" is empty/],
      [{ x: [[]] }, /x\[0\] is a list of 0 where a list of 3/],
      [
        {
          x: [
            [1, 2, 3],
            [1, 2],
          ],
        },
        /x\[1\] is a list of 2 where a list of 3 is expected/,
      ],
      [{ x: [[[1], [2], [3]]] }, /x\[0, 0\] is a list of 1 where a number is expected \(it looks like \[1, 3, 1\]\)/],
      [{ x: [[1, "2", 3]] }, /x\[0, 1\] is the text "2"/],
      [{ x: "abc" }, /it is the text "abc"/],
      [{ x: [1, 2, 3, 4, NaN, 6] }, /x\[1, 1\] is NaN; every number must be finite/],
      [{ x: Float32Array.of(1, 2, Infinity) }, /x\[0, 2\] is Infinity/],
      [{ x: [1, 2, 1e39] }, /x\[0, 2\] is 1e\+39, which float32 cannot hold/],
    ];
    for (const [inputs, message] of cases) await expectProblem(predict(inputs), "wrong-inputs", message);
    await expectProblem(
      () => model.evaluate({ x: new Float32Array(6), y: new Float32Array(3) }),
      "wrong-inputs",
      /"x" has 2, "y" has 3/,
    );
  });
});

describe("whole-number inputs and lengths", () => {
  const base = linearDefinition;
  const definition = {
    ...base,
    losses: [{ input: "scores", target: "label", reduction: "mean", classes: true, ignored: -100 }],
    inputs: [
      { name: "ids", role: "input", shape: [3], axes: ["T"], dtype: "int32", vocabulary: 10, lengths: true },
      { name: "label", role: "target", shape: [], axes: [], dtype: "int32", vocabulary: 2, lengths: false },
    ],
    outputs: [],
    parameters: [],
  } as const satisfies ModelDefinition;
  const executor = new FakeExecutor(definition, {
    evaluate: {
      feeds: [
        { name: "ids", role: "input", shape: [BATCH, 3] },
        { name: "ids.lengths", role: "input", shape: [BATCH] },
        { name: "label", role: "input", shape: [BATCH] },
      ],
      results: [],
    },
  });
  const model = new RunningModel(definition, { executor, parameters: {}, seed: 0 });
  const good = {
    ids: [
      [1, 2, 3],
      [4, 0, 0],
    ],
    "ids.lengths": [3, 1],
    label: [1, -100],
  };

  it("travel as whole floats, lengths of padded rows are 1", async () => {
    await model.evaluate(good);
    expect(executor.calls[0]?.given).toEqual({
      ids: Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0),
      "ids.lengths": Float32Array.of(3, 1, 1, 1),
      label: Float32Array.of(1, -100, 0, 0),
    });
  });

  it("are refused outside their range", async () => {
    const cases: [object, RegExp][] = [
      [
        {
          ids: [
            [1, 2, 10],
            [4, 0, 0],
          ],
        },
        /ids\[0, 2\] is 10; a whole number from 0 to 9/,
      ],
      [
        {
          ids: [
            [1, 2, 3],
            [-1, 0, 0],
          ],
        },
        /ids\[1, 0\] is -1/,
      ],
      [
        {
          ids: [
            [1, 2.5, 3],
            [4, 0, 0],
          ],
        },
        /ids\[0, 1\] is 2.5/,
      ],
      [{ ids: Int32Array.of(1, 2, 16777217, 0, 0, 0) }, /16777217, which float32 cannot hold/],
      [{ "ids.lengths": [0, 1] }, /ids.lengths\[0\] is 0; a whole number from 1 to 3/],
      [{ "ids.lengths": [3, 4] }, /ids.lengths\[1\] is 4/],
      [{ label: [2, 0] }, /label\[0\] is 2; a whole number from 0 to 1 \(or -100, which the loss ignores\)/],
    ];
    for (const [wrong, message] of cases) {
      await expectProblem(() => model.evaluate({ ...good, ...wrong }), "wrong-inputs", message);
    }
    const { ids, label } = good;
    await expectProblem(() => model.evaluate({ ids, label }), "wrong-inputs", /missing: ids.lengths/);
  });
});
