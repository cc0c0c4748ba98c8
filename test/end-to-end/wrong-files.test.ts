/** What is no file, or no file of a size that can be: an error at once, wherever a file is named. */
import { execFileSync } from "node:child_process";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

const deep = "[".repeat(8_000) + "]".repeat(8_000);
const tensors = (file: string, more = ""): string => `
specloom: 1
data: {kind: tensors, file: ${file}${more}}
inputs: {x: {shape: [2]}, y: {shape: [1]}}
layers: [{name: answer, kind: linear, from: x, out_features: 1}]
loss: {kind: mse, input: answer, target: y}
optimizer: {kind: sgd}
train: {epochs: 1, batch_size: 4}
`;
const examples = { x: Array.from({ length: 20 }, () => [1, 2]), y: Array.from({ length: 20 }, () => [1]) };

describe.skipIf(process.platform === "win32")("a pipe, a device, a folder, a link to nothing", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  beforeAll(async () => {
    const others = ["pipe", "zero", "folder", "nowhere"];
    const specs = others.flatMap((other) => [
      [`extends-${other}.yaml`, `extends: ${other}.yaml\n`],
      [`data-${other}.yaml`, tensors(`${other}.json`)],
      [`validation-${other}.yaml`, tensors("right.json", `, validation_file: ${other}.json`)],
      [`table-${other}.yaml`, waveSpec().replace("data/wave.csv", `${other}.csv`)],
    ]);
    const folder = await folderWith({
      "wave.yaml": waveSpec(),
      "data/wave.csv": waveCsv,
      "right.json": JSON.stringify(examples),
      ...(Object.fromEntries(specs) as Record<string, string>),
    });
    cwd = folder.path;
    remove = folder.remove;
    for (const ending of ["yaml", "json", "csv", "safetensors", "ts"]) {
      execFileSync("mkfifo", [path.join(cwd, `pipe.${ending}`)]);
      await symlink("/dev/zero", path.join(cwd, `zero.${ending}`));
      await mkdir(path.join(cwd, `folder.${ending}`));
      await symlink("nothing", path.join(cwd, `nowhere.${ending}`));
    }
    const { code, err } = await specloom(["run", "wave.yaml"], { cwd });
    expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  }, 120_000);
  afterAll(() => remove());

  const places = ["pipe", "zero", "folder", "nowhere"].flatMap((other) => [
    ["validate", `${other}.yaml`],
    ["validate", `extends-${other}.yaml`],
    ["validate", `data-${other}.yaml`],
    ["validate", `validation-${other}.yaml`],
    ["validate", `table-${other}.yaml`],
    ["run", "wave.yaml", "--weights", `${other}.safetensors`],
    ["evaluate", "wave.yaml", "--weights", `${other}.safetensors`],
    ["predict", "runs/wave/1", `${other}.csv`],
    ["predict", "runs/wave/1", `${other}.json`],
    ["evaluate", `${other}.ts`],
    ["init", "new", "--data", `${other}.csv`],
  ]);
  it.each(places.map((argv) => [argv.join(" "), argv] as const))(
    "specloom %s",
    { timeout: 20_000 },
    async (_, argv) => {
      const { code, err } = await specloom(argv, { cwd });
      expect(code).toBe(1);
      expect(err).toMatch(/error\[(?!internal)/);
      const named = argv.at(-1) ?? "";
      if (named.includes("pipe")) expect(err).toMatch(/(?:this|it) is a pipe/);
      if (named.includes("zero")) expect(err).toMatch(/(?:this|it) is a device|lies outside|cannot be read/);
    },
  );

  it("refuses a spec of gigabytes without reading it", async () => {
    await writeFile(path.join(cwd, "large.yaml"), "specloom: 1\n");
    await truncate(path.join(cwd, "large.yaml"), 2 ** 40);
    expect((await specloom(["validate", "large.yaml"], { cwd })).err).toContain("more than the 4 MiB that are read");
  });
});

describe("deep JSON", () => {
  it.each([
    [
      "json",
      `{"x": ${deep}, "y": [1]}`,
      /^data\.json:1:70: error\[broken-json\]: lists .* more than 64 levels deep here/,
    ],
    [
      "json",
      `{"x": ${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}, "y": [1]}`,
      /^data\.json:1:\d+: error\[broken-json\]/,
    ],
    ["json", `{"x": ${"[".repeat(100_000)}`, /^data\.json:1:70: error\[broken-json\]/],
  ])("of tensors ends in a located error", async (ending, text, expected) => {
    const { path: cwd, remove } = await folderWith({ "m.yaml": tensors("data.json"), [`data.${ending}`]: text });
    try {
      const { code, err } = await specloom(["validate", "m.yaml"], { cwd });
      expect(err).toMatch(expected);
      expect(code).toBe(1);
    } finally {
      await remove();
    }
  });

  it("of rows ends in a located error", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => JSON.stringify({ value: row }));
    const { path: cwd, remove } = await folderWith({
      "m.yaml": waveSpec().replace("data/wave.csv", "rows.jsonl"),
      "rows.jsonl": [...rows, `{"value": ${deep}}`].join("\n"),
    });
    try {
      const { code, err } = await specloom(["validate", "m.yaml"], { cwd });
      expect(err).toMatch(/^rows\.jsonl:31:1: error\[broken-json\]: in this line lists .* more than 64 levels deep/);
      expect(code).toBe(1);
    } finally {
      await remove();
    }
  });
});
