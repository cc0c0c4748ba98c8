/** What a user reads when a file of tensors does not fit its spec. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom } from "../support/command-line.ts";

const spec = `
specloom: 1
data: {kind: tensors, file: train.json, validation_file: others.json}
inputs:
  ids: {shape: [3], dtype: int32, vocabulary: 5, lengths: true}
  answer: {shape: [1]}
layers:
  - {name: tokens, kind: embedding, from: ids, embedding_dim: 2}
  - {kind: gru, hidden_size: 2, return: last}
  - {name: answers, kind: linear, out_features: 1}
loss: {kind: bce_with_logits, input: answers, target: answer}
optimizer: {kind: sgd}
train: {epochs: 1}
`;

const examples = Array.from({ length: 20 }, (_, index) => index);
const right = {
  ids: examples.map(() => [1, 2, 0]),
  "ids.lengths": examples.map(() => 2),
  answer: examples.map((index) => [index % 2]),
};

describe("specloom validate, of data that does not fit", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const validate = async (others: object, ...argv: readonly string[]): Promise<string> => {
    await writeFile(path.join(cwd, "others.json"), JSON.stringify(others));
    return (await specloom(["validate", "answers.yaml", ...argv], { cwd })).err;
  };

  beforeAll(async () => {
    const folder = await folderWith({ "answers.yaml": spec, "train.json": JSON.stringify(right) });
    cwd = folder.path;
    remove = folder.remove;
    expect(await validate(right)).toBe("");
  });
  afterAll(() => remove());

  it("says once what is wrong with a tensor, with the places in the file and in the spec", async () => {
    const err = await validate({
      ...right,
      ids: examples.map(() => [1, 7, 0]),
      answer: examples.map((index) => [index % 2 === 0 ? -1 : 1]),
    });
    expect(err.match(/error\[/g)).toHaveLength(2);
    expect(err).toContain(
      'others.json:1:12: error[tensor-value]: 20 of the 60 numbers of "ids" are wrong: ids[0][1] is 7, ids[1][1] is 7, ' +
        "ids[2][1] is 7, ...; a whole number from 0 to 4 was expected.\n",
    );
    expect(err).toContain(
      "  note: answers.yaml:5:8: the spec says so here.\n" +
        "    5 |   ids: {shape: [3], dtype: int32, vocabulary: 5, lengths: true}\n" +
        "  help: tokens and classes are numbered from 0",
    );
    expect(err).toContain('10 of the 20 numbers of "answer" are wrong: answer[0][0] is -1, answer[2][0] is -1,');
    expect(err).toContain("; a number from 0 to 1 was expected.");
    expect(err).toContain("  note: answers.yaml:6:11: the spec says so here.");
  });

  it("takes a misspelt tensor for one mistake", async () => {
    const { "ids.lengths": length, ...others } = right;
    const err = await validate({ ...others, "ids.length": length });
    expect(err.match(/error\[/g)).toHaveLength(1);
    expect(err).toContain('the file has no tensor "ids.lengths" [examples].');
    expect(err).toContain('help: did you mean "ids.length"? Then rename it.');
  });

  it("shows what the data does to the shapes together with other mistakes of the spec", async () => {
    const err = await validate(right, "--set", "inputs.answer.shape=[2]", "--set", "optimizer.momentun=1");
    expect(err).toContain("error[tensor-shape]");
    expect(err).toContain("error[unknown-key]");
  });

  it("says the same of what is predicted from, with a place in the spec where one is named", async () => {
    await specloom(["run", "answers.yaml", "--quiet"], { cwd });
    await writeFile(path.join(cwd, "new.json"), JSON.stringify({ ids: [[1, 7, 0]], "ids.lengths": [2] }));
    const { code, err } = await specloom(["predict", "answers.yaml", "new.json"], { cwd });
    expect(code).toBe(1);
    expect(err).toContain("new.json:1:12: error[tensor-value]: ids[0][1] is 7,");
    expect(err).toContain("  note: answers.yaml:5:8: the spec says so here.");
  });
});
