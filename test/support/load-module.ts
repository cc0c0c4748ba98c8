/** Compiles the text of a generated module to JavaScript and runs it, as a project that imports it would. */
import { runInThisContext } from "node:vm";
import { transformSync } from "esbuild";
import { defineModel } from "../../runtime/model.ts";
import { productOverSteps } from "../../runtime/product-over-steps.ts";
import type { ModelDefinition } from "../../runtime/contract.ts";
import type { ModelHandle } from "../../runtime/contract-live.ts";

interface Runtime {
  readonly defineModel: (definition: ModelDefinition) => ModelHandle;
  readonly productOverSteps: typeof productOverSteps;
}

type ModuleBody = (require: () => Runtime, module: { exports: { readonly model?: ModelHandle } }) => void;

/** The module as the body of a CommonJS function: `require` gives the runtime, `module.exports` has the model afterwards. */
export function moduleCode(text: string): string {
  return transformSync(text, { loader: "ts", format: "cjs", target: "es2022", charset: "utf8" }).code;
}

export function loadModule(text: string): ModelHandle {
  const module: { exports: { readonly model?: ModelHandle } } = { exports: {} };
  const required = (): Runtime => ({ defineModel, productOverSteps });
  const run = runInThisContext(`(function (require, module) {${moduleCode(text)}\n})`) as ModuleBody;
  run(required, module);
  if (module.exports.model === undefined) throw new Error("the module exports no model");
  return module.exports.model;
}
