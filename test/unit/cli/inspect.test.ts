/** What `inspect` prints, in each of its views, is among the facts of `inspect --json`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupedText, scaledText } from "../../../cli/support/table.ts";
import { folderWith, specloom, waveCsv, waveSpec } from "../../support/command-line.ts";

let cwd = "";
let remove = (): Promise<void> => Promise.resolve();

beforeAll(async () => {
  const text = waveSpec({ description: "A wave that is followed." });
  ({ path: cwd, remove } = await folderWith({ "wave.yaml": text, "data/wave.csv": waveCsv }));
});
afterAll(() => remove());

const facts = async (...flags: readonly string[]): Promise<Readonly<Record<string, unknown>>> =>
  (await specloom(["inspect", "wave.yaml", "--json", ...flags], { cwd })).objects[0] ?? {};

/** Every number of a JSON value, and the numbers in its texts. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === "number") return [value];
  if (typeof value === "string") return [...value.matchAll(/\d+(?:\.\d+)?/g)].map(([digits]) => Number(digits));
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** Numbers of a printed text, grouped or scaled, that are none of the facts, nor the size of a shape among them. */
function unknownNumbers(text: string, part: unknown): readonly string[] {
  const shown = (number: number): string[] => [String(number), groupedText(number), scaledText(number, "")];
  const known = new Set([...numbersIn(part), ...sizesIn(part)].flatMap(shown).map((one) => one.split(" ")[0] ?? ""));
  const printed = [...text.matchAll(/(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.])/g)].map(([one]) => one.replace(/,$/, ""));
  return printed.filter((number) => !known.has(number));
}

/** How many numbers tensors of the shapes in a JSON value have. */
function sizesIn(value: unknown): readonly number[] {
  if (typeof value !== "object" || value === null) return [];
  const { shape } = value as { readonly shape?: readonly number[] };
  const own = shape === undefined ? [] : [shape.reduce((product, length) => product * length, 1)];
  return [...own, ...Object.values(value).flatMap(sizesIn)];
}

describe("inspect --json", () => {
  it("has every number of the tables, and every name", async () => {
    const whole = await facts();
    const { out } = await specloom(["inspect", "wave.yaml"], { cwd });
    const [model = "", gpu = "", wasm = ""] = out
      .slice(0, out.indexOf("predict: one batch"))
      .split(/(?:gpu|wasm) target/);
    const { programs, memory, graph, ...rest } = whole;
    expect([typeof memory, typeof graph]).toEqual(["object", "string"]);
    const parts = programs as { readonly gpu: unknown; readonly wasm: unknown };
    expect(unknownNumbers(model, rest)).toEqual([]);
    expect(unknownNumbers(gpu, parts.gpu)).toEqual([]);
    expect(unknownNumbers(wasm, parts.wasm)).toEqual([]);
    expect(unknownNumbers(wasm, {}).length).toBeGreaterThan(20);
    const text = JSON.stringify(whole);
    for (const name of ["A wave that is followed.", "encoder.weight_hh_l0", "attention_pool", "train_step", "adam"]) {
      expect(out).toContain(name);
      expect(text).toContain(JSON.stringify(name).slice(1, -1));
    }
  });

  it("has what the views show: the drawing, and where every program's tensors lie", async () => {
    const whole = await facts();
    expect(whole["graph"]).toBe((await facts("--graph"))["graph"]);
    const { programs, thread_bytes } = whole["memory"] as {
      readonly programs: Readonly<Record<string, object>>;
      readonly thread_bytes: number;
    };
    for (const program of Object.keys(programs)) {
      const one = await facts("--memory", "--program", program);
      expect(one).toEqual({ name: "wave", program, thread_bytes, ...programs[program] });
    }
    expect(Object.keys(programs)).toContain("train_step");
  });
});
