/** The examples of docs/decoding.md compile and run as they stand there. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import type { LiveModel } from "../../../runtime/contract-live.ts";
import { compileText } from "../../support/fixture-file.ts";
import { moduleFor } from "../../support/trainee.ts";

const page = readFileSync(new URL("../../../docs/decoding.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```(yaml|ts)\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => ({
  language,
  text,
}));

type Snippet = (m: LiveModel, given: object, print: { log: (...values: unknown[]) => void }) => Promise<void>;

/** Each spec with the snippets that follow it. */
const chapters = blocks.reduce<{ readonly name: string; readonly spec: string; readonly snippets: string[] }[]>(
  (before, { language, text }) => {
    if (language === "yaml")
      return [...before, { name: (parse(text) as { name: string }).name, spec: text, snippets: [] }];
    before[before.length - 1]?.snippets.push(text);
    return before;
  },
  [],
);

/** What the snippets take as given: inputs of two examples. */
const given: Readonly<Record<string, object>> = {
  reverse: {
    source: [
      [4, 5, 6, 0, 0, 0, 0, 0],
      [7, 8, 9, 10, 11, 0, 0, 0],
    ],
    lengths: [3, 5],
  },
  writer: {},
  recogniser: { frames: new Float32Array(2 * 20 * 4).map((_, index) => Math.cos(index)), lengths: [20, 9] },
  listener: { frames: new Float32Array(2 * 20 * 4).map((_, index) => Math.sin(index)), lengths: [20, 7] },
};

describe("docs/decoding.md", () => {
  it.each(chapters)("runs $name", async ({ name, spec, snippets }) => {
    const live = await (await moduleFor(compileText(`${name}.yaml`, spec), "cpu")).create({ backend: "cpu", seed: 7 });
    const printed: unknown[][] = [];
    const known = given[name] ?? {};
    expect(snippets.length).toBeGreaterThan(0);
    for (const text of snippets) {
      const body = `const { ${Object.keys(known).join(", ")} } = given;\n${text}`;
      const run = runInThisContext(`(async function (m, given, console) {${body}\n})`) as Snippet;
      await run(live, known, { log: (...values) => printed.push(values) });
    }
    expect(printed.length).toBeGreaterThan(0);
    for (const [tokens] of printed) expect(Array.isArray(tokens)).toBe(true);
    await live.dispose();
  });

  it("says true things of the models it shows", () => {
    const [reverse, writer, listener] = chapters.map(({ name, spec }) => compileText(`${name}.yaml`, spec));
    expect(reverse?.model.decode).toMatchObject({ kind: "beam", beamSize: 4, bos: 2, eos: 3, maxLength: 18 });
    expect(reverse?.stream).toMatchObject({ whole: ["source"], stepped: ["target"] });
    expect(reverse?.stream).not.toHaveProperty("steps", expect.any(Number));
    expect(writer?.stream).toMatchObject({ stepped: ["before"], steps: 10 });
    expect(listener?.model.decode).toMatchObject({ from: "alignment", beamSize: 8, blank: 0 });
    expect(listener?.stream).toHaveProperty("reason", expect.stringContaining("backwards"));
  });
});
