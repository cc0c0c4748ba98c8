import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const withoutTypes = { projectService: false } as const;

/** What one rule of the project's own lint says of a text in place of a file. */
async function complaints(
  rule: string,
  filePath: string,
  text: string,
  parserOptions: object = withoutTypes,
): Promise<readonly string[]> {
  const eslint = new ESLint({
    ruleFilter: ({ ruleId }) => ruleId === rule,
    overrideConfig: { languageOptions: { parserOptions } },
  });
  const [result] = await eslint.lintText(text, { filePath });
  return (result?.messages ?? []).map(({ line, message }) => `${String(line)}: ${message}`);
}

describe("specloom/own-names", () => {
  const rule = "specloom/own-names";
  /** A project of one file, so that the types of no other are worked out. */
  const [file, ofOneFile] = [
    "compiler/support/number-text.ts",
    // The text is not the file on the disk, which a single run (as typescript-eslint takes every one where CI is set) would read.
    { projectService: false, project: "test/fixtures/lint/one-file.json", disallowAutomaticSingleRunInference: true },
  ] as const;

  it("refuses text as a name in a plain object, to read, to write and to ask for", async () => {
    const text = [
      "const table: Record<string, number> = {};",
      "export function read(name: string): unknown { return table[name]; }",
      "export function write(name: string): void { table[name] = 1; }",
      "export function has(name: string): boolean { return name in table; }",
      "export function take(name: string): unknown { const { [name]: value } = table; return value; }",
      "export function end(name: string): unknown { return table[`${name}String`]; }",
      'export function either(name: "a" | string): unknown { return table[`__${name}__`]; }',
    ].join("\n");
    expect(await complaints(rule, file, text, ofOneFile)).toEqual([
      expect.stringMatching(/^2: .*memberOf\(record, name\)/),
      expect.stringMatching(/^3: .*setMember\(record, name, value\)/),
      expect.stringMatching(/^4: .*Object\.hasOwn\(record, name\)/),
      expect.stringMatching(/^5: .*memberOf\(record, name\)/),
      expect.stringMatching(/^6: .*memberOf\(record, name\)/),
      expect.stringMatching(/^7: .*memberOf\(record, name\)/),
    ]);
  });

  it("accepts numbers, names that are written out, and unions of such names", async () => {
    const text = [
      'const table: Record<"a" | "b", number> = { a: 1, b: 2 };',
      "export function at(index: number): unknown { return [1, 2][index]; }",
      'export function of(name: "a" | "b"): unknown { return table[name]; }',
      'export function plain(): unknown { return table["a"]; }',
      'export function has(): boolean { return "a" in table; }',
      "const lengths: Record<string, number> = {};",
      "export function withEnd(name: string): unknown { return lengths[`${name}.lengths`]; }",
      "export function between(left: string, right: string): unknown { return lengths[`${left}#${right}`]; }",
    ].join("\n");
    expect(await complaints(rule, file, text, ofOneFile)).toEqual([]);
  });
});

describe("JSON.parse", () => {
  const text = 'export const value: unknown = JSON.parse("[]");\n';

  it.each(["compiler/compile.ts", "runtime/model.ts", "cli/main.ts"])("is refused in %s", async (file) => {
    expect(await complaints("no-restricted-properties", file, text)).toEqual([
      expect.stringContaining("Use parseJson (runtime/json-text.ts), which refuses deep JSON."),
    ]);
  });

  it("is left to the file that has looked at the depth", async () => {
    expect(await complaints("no-restricted-properties", "runtime/json-text.ts", text)).toEqual([]);
  });
});

describe("process.stdout and process.stderr", () => {
  const text = 'process.stdout.write("a");\nprocess.stderr.write("b");\n';

  it("are not written to by the commands", async () => {
    expect(await complaints("no-restricted-syntax", "cli/commands/run.ts", text)).toEqual([
      expect.stringMatching(/^1: Text leaves by `say`/),
      expect.stringMatching(/^2: Text leaves by `say`/),
    ]);
  });

  it("are left to the terminal", async () => {
    expect(await complaints("no-restricted-syntax", "cli/support/terminal.ts", text)).toEqual([]);
  });
});
