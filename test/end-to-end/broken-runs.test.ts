/** Runs that lack a file or hold a damaged one: what is said of them is what is so. */
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

let cwd = "";
let remove = (): Promise<void> => Promise.resolve();
const inFolder = (...parts: readonly string[]): string => path.join(cwd, ...parts);
const call = (...argv: readonly string[]) => specloom([...argv, "--backend", "cpu"], { cwd });
/** A copy of a run of three epochs. */
const copy = async (name: string): Promise<string> => {
  await cp(inFolder("trained"), inFolder(name), { recursive: true });
  return name;
};

beforeAll(async () => {
  const folder = await folderWith({
    "wave.yaml": waveSpec(),
    "data/wave.csv": waveCsv,
  });
  cwd = folder.path;
  remove = folder.remove;
  expect(await call("run", "wave.yaml", "--out", "trained")).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => remove());

describe("the spec of a run", () => {
  it("is named where it has a mistake", async () => {
    const run = await copy("edited");
    const file = inFolder(run, "spec.yaml");
    const lines = (await readFile(file, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.startsWith("optimizer:"));
    await writeFile(file, lines.with(line, "optimiser:").join("\n"));
    const { code, err } = await call("evaluate", run);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: containing(`edited/spec.yaml:${String(line + 1)}:1: error[unknown-key]: "optimiser"`),
    });
    expect(err).not.toContain("wave.yaml");
  });
});
