import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, specloom } from "../support/command-line.ts";

describe("a classifier from init to prediction", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const call = (...argv: readonly string[]) => specloom(argv, { cwd });

  beforeAll(async () => {
    const folder = await folderWith({});
    cwd = folder.path;
    remove = folder.remove;
    expect(await call("init", "--task", "classify")).toMatchObject({ code: 0 });
    expect(await call("run", "classify.yaml", "--backend", "cpu", "--epochs", "1")).toMatchObject({ code: 0 });
  });
  afterAll(() => remove());

  it("scores classes beside the most frequent one, and draws both kinds of map", async () => {
    const { objects } = await call("evaluate", "runs/classify/1", "--backend", "cpu", "--json");
    expect(objects).toMatchObject([
      { targets: [{ target: "label", count: 36, baseline: containing("most frequent class") }] },
    ]);
    const report = await readFile(path.join(cwd, "runs/classify/1/report.html"), "utf8");
    expect(report).toContain("<h2>Classes</h2>");
    expect(report).toContain("context.weights for every test example");
  });

  it("predicts a class per example, with or without labels in the file", async () => {
    const argv = ["predict", "runs/classify/1", "--backend", "cpu", "--json"];
    const example = Array.from({ length: 12 }, (_, step) => [step / 10]);
    const bare = await specloom(argv, { cwd, stdin: JSON.stringify({ x: [example, example] }) });
    expect(bare).toMatchObject({ code: 0, err: "ran on: cpu (generic), asked for\n" });
    expect(bare.objects).toHaveLength(2);
    const [{ class: predicted, outputs }] = bare.objects as unknown as readonly [
      { readonly class: number; readonly outputs: { readonly classes: readonly number[] } },
    ];
    expect(outputs.classes[predicted]).toBe(Math.max(...outputs.classes));
    const labelled = await specloom(argv, { cwd, stdin: JSON.stringify({ x: [example], label: [0] }) });
    expect(labelled.err).toContain("not read: label");
    expect(labelled.objects).toEqual(bare.objects.slice(0, 1));
  });

  it("says what is wrong with tensors", async () => {
    const wrong = await specloom(["predict", "runs/classify/1", "--backend", "cpu"], {
      cwd,
      stdin: '{"x": [[[1], [2]]]}',
    });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("<standard input>:1:2: error[tensor-shape]");
  });
});
