/** What docs/data.md shows runs as it stands there and prints what it says; "..." stands for lines that it leaves out. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom } from "../support/command-line.ts";

const page = readFileSync(new URL("../../docs/data.md", import.meta.url), "utf8");

/** Files are shown in a block after a paragraph that names them first. */
const files = Object.fromEntries(
  [...page.matchAll(/`([\w-]+\.(?:yaml|json))`[^`]*\n\n```(?:yaml|json)\n([\s\S]*?)^```$/gm)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);

/** Commands with the lines printed after them. */
const commands = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
  .flatMap(([, text = ""]) => text.split(/^\$ /m).slice(1))
  .map((text) => {
    const [command = "", ...printed] = text.trimEnd().split("\n");
    return { command, printed };
  });

/** Digits behind the fourth may differ from machine to machine. */
const rounded = (line: string): string => line.replace(/-?\d+\.\d{5,}/g, (digits) => Number(digits).toPrecision(4));

describe("docs/data.md", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const folder = await folderWith(files);
    cwd = folder.path;
    remove = folder.remove;
  });
  afterAll(() => remove());

  it("shows files and commands", () => {
    expect(Object.keys(files)).toEqual(["turns.yaml", "turns.json", "new.json"]);
    expect(commands.map(({ command }) => /specloom (\w+)/.exec(command)?.[1])).toEqual([
      "validate",
      "run",
      "predict",
      "predict",
    ]);
  });

  // One after the other: each reads what the one before has written.
  it.each(commands)(
    "$command",
    async ({ command, printed }) => {
      const [, stdin, argv = ""] = /^(?:echo '(.*)' \| )?specloom (.*)$/.exec(command) ?? [];
      const { out, err } = await specloom(argv.split(" "), { cwd, ...(stdin === undefined ? {} : { stdin }) });
      const leavesOut = printed.includes("...");
      const said = rounded(`${out}${leavesOut ? err : ""}`);
      const shown = printed
        .join("\n")
        .split(/^\.\.\.$/m)
        .map((part) => rounded(part.trim()));
      if (!leavesOut) expect(err).toBe("");
      for (const part of shown) expect(said).toContain(part);
      expect(shown.join("")).not.toBe("");
    },
    60_000,
  );
});
