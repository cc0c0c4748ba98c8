import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const eslint = new ESLint({ ruleFilter: ({ ruleId }) => ruleId === "specloom/facts-not-spec" });

/** @param text put in place of a file that there is: the rule asks for types */
async function complaints(text: string): Promise<number> {
  const [result] = await eslint.lintText(`import type { ModelDefinition } from "../contract.ts";\n${text}\n`, {
    filePath: "runtime/model/clip.ts",
  });
  return result?.messages.length ?? 0;
}

describe("the resolved spec", { timeout: 120_000 }, () => {
  it.each([
    'export const f = (definition: ModelDefinition) => definition.spec["loss"];',
    "export const f = (definition: ModelDefinition) => definition.spec.loss;",
    "export function f(definition: ModelDefinition) { const { loss } = definition.spec; return loss; }",
    "export function f({ spec }: ModelDefinition) { const { loss } = spec; return loss; }",
    "export const f = ({ spec: { loss } }: ModelDefinition) => loss;",
    'export const f = (model: ModelDefinition) => memberOf(model.spec, "loss");',
  ])("is not read: %s", async (text) => {
    expect(await complaints(text)).toBe(1);
  });

  it.each([
    "export const f = ({ spec }: ModelDefinition) => JSON.stringify(spec);",
    "export const f = (definition: ModelDefinition) => definition.losses[0];",
    "export const f = (files: { readonly spec: string }) => files.spec.length;",
  ])("is handed on, or is something else: %s", async (text) => {
    expect(await complaints(text)).toBe(0);
  });
});
