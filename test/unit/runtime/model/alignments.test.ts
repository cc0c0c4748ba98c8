import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../../compiler/compile.ts";
import type { ModelDefinition } from "../../../../runtime/contract.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { InputCheck } from "../../../../runtime/model/inputs.ts";
import { RunningModel } from "../../../../runtime/model/live.ts";
import { compileText } from "../../../support/fixture-file.ts";
import { loadModule } from "../../../support/load-module.ts";
import { memoryFiles } from "../../cli/data/memory-files.ts";
import { expectProblem } from "./expect-problem.ts";
import { FakeExecutor } from "./linear-fixture.ts";

const specText = (layers: string, loss = ""): string => `
specloom: 1
name: speech
data: {kind: tensors, file: data.json}
inputs:
  frames: {shape: [8, 2], lengths: true}
  words: {shape: [4], dtype: int32, lengths: true}
layers:
${layers}
  - {name: logits, kind: linear, out_features: 5}
loss: {kind: ctc, input: logits, target: words${loss}}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 2}
`;

const plain = "  - {name: encoder, kind: lstm, from: frames, hidden_size: 2}";
const strided = "  - {name: encoder, kind: conv1d, from: frames, out_channels: 2, kernel_size: 3, stride: 2}";

function definitionOf(text: string): ModelDefinition {
  return loadModule(gpuModule(compileText("speech.yaml", text))).definition;
}

/** Inputs of two examples; labels beyond the length are what nobody may look at. */
function examples(lengths: readonly number[], words: readonly (readonly number[])[]) {
  return {
    frames: new Float32Array(lengths.length * 16),
    "frames.lengths": lengths,
    words: words.map((row) => [...row, 0, 0, 0, 0].slice(0, 4)),
    "words.lengths": words.map((row) => row.length),
  };
}

describe("targets that a loss aligns", () => {
  const definition = definitionOf(specText(plain));
  const model = new RunningModel(definition, { executor: new FakeExecutor(definition), parameters: {}, seed: 0 });
  const call = (inputs: unknown) => (): unknown => new InputCheck(definition).check(inputs, "train");

  it("are named in the module, with the lengths they must fit", () => {
    expect(definition.alignments).toEqual([
      { input: "logits", target: "words", classes: 5, blank: 0, mustFit: true, steps: 8, lengths: [{ of: "frames" }] },
    ]);
    expect(definition.inputs.map(({ mayBeEmpty }) => mayBeEmpty)).toEqual([undefined, true]);
  });

  it("are refused where they cannot fit, with the example, the lengths and what to do", async () => {
    const help = /leave the example out, .*zero_infinity: true/;
    const long = examples(
      [3, 2],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    );
    await expectProblem(
      call(long),
      "target-not-aligned",
      /^words of example 2 cannot fit its input: 3 labels need 3 steps, but "logits" has 2\./,
    );
    await expectProblem(call(long), "target-not-aligned", help);
    const repeats = examples(
      [3, 4],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
    );
    await expectProblem(
      call(repeats),
      "target-not-aligned",
      /example 2 .*3 labels and 2 blanks between equal neighbours need 5 steps, but "logits" has 4/,
    );
    for (const step of [model.trainStep(long as never), model.gradients(repeats as never)]) {
      await expect(step).rejects.toThrow(/cannot fit its input/);
    }
  });

  it("pass where they just fit, and where they are empty", () => {
    const check = new InputCheck(definition);
    expect(check.check(examples([5, 1], [[2, 2, 2], [4]]), "train").count).toBe(2);
    expect(check.check(examples([1, 8], [[], [1, 1, 1, 1]]), "train").count).toBe(2);
  });

  it("hold no blank and nothing that is no class", async () => {
    const wrong: [readonly number[], RegExp][] = [
      [[1, 0, 2], /words of example 2 has the label 0 in place 2, which is the blank\..*0 to 4 without the blank, 0/],
      [[1, 5], /the label 5 in place 2, but "logits" has 5 classes/],
      [[-1], /the label -1 in place 1/],
    ];
    for (const [labels, message] of wrong) {
      await expectProblem(call(examples([8, 8], [[1], labels])), "target-not-aligned", message);
    }
  });

  it("may be too long with zero_infinity", async () => {
    const check = new InputCheck(definitionOf(specText(plain, ", zero_infinity: true")));
    expect(check.check(examples([1], [[1, 2, 3]]), "train").count).toBe(1);
    await expectProblem(
      () => check.check(examples([1], [[1, 0]]), "train"),
      "target-not-aligned",
      /which is the blank/,
    );
  });
});

describe("steps that a layer joins", () => {
  it("are counted as the layers count them", async () => {
    const definition = definitionOf(specText(strided));
    expect(definition.alignments?.[0]).toMatchObject({
      steps: 3,
      lengths: [{ of: "frames", steps: [0, 0, 0, 1, 1, 2, 2, 3, 3] }],
    });
    const check = new InputCheck(definition);
    await expectProblem(
      () =>
        check.check(
          examples(
            [8, 6],
            [
              [1, 2, 3],
              [1, 2, 3],
            ],
          ),
          "train",
        ),
      "target-not-aligned",
      /example 2 .*need 3 steps, but "logits" has 2/,
    );
  });
});

describe("a data file", () => {
  it("may hold empty targets", async () => {
    const { inputs } = definitionOf(specText(plain));
    const { frames, ...rest } = examples([8, 8], [[], [1]]);
    const nested = Array.from({ length: 2 }, (_, n) =>
      Array.from({ length: 8 }, (_s, t) => [frames[n * 16 + t * 2], 0]),
    );
    const files = memoryFiles({ "data.json": JSON.stringify({ frames: nested, ...rest }) });
    const { train } = await loadDataset({ kind: "tensors", file: "data.json" }, inputs, files);
    expect(train.tensors["words.lengths"]).toEqual(Float32Array.of(0, 1));
  });
});
