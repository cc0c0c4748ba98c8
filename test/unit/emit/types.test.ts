/** The border of a module as its users see it in an editor: named types, short declarations, mistakes that name what they are about. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { borderTypes } from "../../../compiler/emit/types.ts";
import { typeErrors } from "../../support/type-check.ts";

/** Statements of somebody who uses the committed module, each in a file of its own; the complaints by file. */
function mistakes(statements: Readonly<Record<string, string>>, options: ts.CompilerOptions = {}): readonly string[] {
  const start =
    'import { model, type NextNumberInputs } from "./next-number.js";\nexport const m = await model.create();\n';
  const files = Object.entries(statements).map(([name, text]) => [
    `${name}.mts`,
    `${start}export const inputs: NextNumberInputs = { series: [0] };\n${text}`,
  ]);
  return typeErrors(Object.fromEntries(files) as Record<string, string>, options);
}

describe("the types of a module", () => {
  it("take what the model takes, and any model where any is asked for", () => {
    const right = {
      flat: "const { forecast } = await m.predict({ series: new Float32Array(24) });\nexport const first: number | undefined = forecast[0];",
      nested:
        'const found = await m.predict({ series: [[[1], [2]]] });\nexport const weights: Float32Array = found["context.weights"];',
      trained: "export const { loss } = await m.trainStep({ series: [1], next: [2] }, { learningRate: 0.1 });",
      evaluated: "export const { outputs: { forecast } } = await m.evaluate({ ...inputs, next: [2] });",
      trainer: `import { train } from "@specloom/runtime";
        declare const examples: import("@specloom/runtime").TrainingExamples;
        export const run = train({ model: m, train: examples, epochs: 1 });`,
      any: 'import type { LiveModel, ModelHandle } from "@specloom/runtime";\nexport const all: readonly [ModelHandle, LiveModel] = [model, m];',
      rows: "export const numbers: readonly number[] = Object.values(await m.predict(inputs)).flatMap((one) => [...one]);",
    };
    expect(mistakes(right)).toEqual([]);
  });

  it.each([
    ["a wrong name", "m.predict({ serie: [1] });", /'serie' does not exist in type 'NextNumberInputs'/],
    [
      "a missing input",
      "m.trainStep({ series: [1] });",
      /'next' is missing in type .* but required in type '\{ readonly next: TensorInput; \}'|NextNumberTrainInputs/,
    ],
    [
      "a target for predict",
      "m.predict({ series: [1], next: [1] });",
      /'next' does not exist in type 'NextNumberInputs'/,
    ],
    [
      "inputs within inputs",
      "m.predict({ series: { series: [1] } });",
      /'series' does not exist in type 'TensorInput'/,
    ],
    ["what are no numbers", 'm.predict({ series: [["1"]] });', /Type 'string' is not assignable to type/],
    ["no inputs", "m.predict();", /Expected 1 arguments, but got 0/],
    [
      "an output that there is not",
      "export const x = (await m.predict(inputs)).forecasts;",
      /'forecasts' does not exist on type 'NextNumberOutputs'/,
    ],
  ])("refuse %s, in few words", (_what, text, message) => {
    const found = mistakes({ use: text.startsWith("m.") ? `await ${text}` : text });
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join("").length).toBeLessThan(400);
  });

  it("are what an editor shows of the model and its calls", () => {
    expect(typeOf("m.predict")).toBe("(inputs: NextNumberInputs) => Promise<NextNumberOutputs>");
    expect(typeOf("model")).toBe("ModelHandle<NextNumberInputs, NextNumberTrainInputs, NextNumberOutputs>");
    expect(typeOf("m.definition")).toBe("ModelDefinition");
  });

  it("are declared in few lines that need no other file, as isolatedDeclarations asks", () => {
    for (const file of readdirSync("generated", { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(path.join("generated", file), "utf8");
      const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, {
        fileName: file,
        reportDiagnostics: true,
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          isolatedDeclarations: true,
          declaration: true,
          strict: true,
        },
      });
      expect(
        diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
        file,
      ).toEqual([]);
      if (!file.includes(path.sep)) expect(outputText.length, file).toBeLessThan(1000);
      // Kernels are declared one by one; nothing else is long.
      if (!/kernels|gpu-text/.test(file)) expect(outputText.split("\n").length, file).toBeLessThan(30);
      expect(outputText.length, file).toBeLessThan(40_000);
    }
  });

  it("reach CommonJS by import(), and by a type import that says so", () => {
    const options = {
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      verbatimModuleSyntax: false,
    };
    const text = `
      import type { NextNumberInputs } from "./next-number.js" with { "resolution-mode": "import" };
      export async function forecast(inputs: NextNumberInputs): Promise<Float32Array> {
        const { model } = await import("./next-number.js");
        const m = await model.create();
        return (await m.predict(inputs)).forecast;
      }`;
    expect(typeErrors({ "use.cts": text }, options)).toEqual([]);
    const required = 'import { model } from "./next-number.js";\nexport const name = model.definition.name;';
    expect(typeErrors({ "use.cts": required }, options)).toEqual([expect.stringMatching(/CommonJS module .*import\(/)]);
  });
});

describe("types of inputs", () => {
  it("say lengths, classes, and which inputs are of training alone", () => {
    const fact = { axes: ["T"], shape: [5], lengths: true, dtype: "int32" } as const;
    const text = borderTypes(
      {
        name: "two words",
        inputs: [
          { ...fact, name: "ids", role: "input", vocabulary: 7 },
          { ...fact, name: "said before", role: "input", trainingOnly: true, lengths: false },
          { ...fact, name: "labels", role: "target", mayBeEmpty: true },
        ],
        outputs: [],
      },
      (symbol) => symbol,
    );
    expect(text.join("\n")).toBe(`
/** What \`predict\` takes, of any number n of examples: row-major numbers, flat or nested. */
export type TwoWordsInputs = {
  /** int32, 0 to 6: [n, T] = [n, 5] */
  readonly ids: TensorInput;
  /** int32, 1 to 5: [n] */
  readonly "ids.lengths": TensorInput;
};

/** What \`trainStep\`, \`evaluate\` and \`gradients\` take. */
export type TwoWordsTrainInputs = TwoWordsInputs & {
  /** int32: [n, T] = [n, 5] */
  readonly "said before": TensorInput;
  /** int32: [n, T] = [n, 5] */
  readonly labels: TensorInput;
  /** int32, 0 to 5: [n] */
  readonly "labels.lengths": TensorInput;
};

/** What \`predict\` returns, row-major and flat. */
export type TwoWordsOutputs = Record<never, never>;`);
  });
});

/** As an editor shows the type of an expression. */
function typeOf(expression: string): string {
  const [complaint = ""] = mistakes({ use: `export const shown: 0 = ${expression};` });
  return /Type '(.*?)' is not assignable to type '0'/.exec(complaint)?.[1] ?? complaint;
}
