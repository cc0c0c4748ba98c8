/** Compiles the text of a generated module to JavaScript and runs it, as a project that imports it would. */
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { defineModel } from "../../runtime/model.ts";
import { productOverSteps } from "../../runtime/product-over-steps.ts";
import type { ModelDefinition } from "../../runtime/contract.ts";
import type { ModelHandle } from "../../runtime/contract-live.ts";

interface Runtime {
  readonly defineModel: (definition: ModelDefinition) => ModelHandle;
  readonly productOverSteps: typeof productOverSteps;
}

type ModuleBody = (require: () => Runtime, exports: { model?: ModelHandle }) => void;

/** The module as the body of a CommonJS function: `require` gives the runtime, `exports.model` is the result. */
export function moduleCode(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  return outputText;
}

export function loadModule(text: string): ModelHandle {
  const exported: { model?: ModelHandle } = {};
  const required = (): Runtime => ({ defineModel, productOverSteps });
  const run = runInThisContext(`(function (require, exports) {${moduleCode(text)}\n})`) as ModuleBody;
  run(required, exported);
  if (exported.model === undefined) throw new Error("the module exports no model");
  return exported.model;
}
