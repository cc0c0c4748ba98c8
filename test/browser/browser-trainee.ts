/** A generated module living in a page, with the face that the numeric suite compares. */
import type { Page } from "playwright-core";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import type { BackendReport } from "../../runtime/contract-backend.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { moduleCode } from "../support/load-module.ts";
import type { Trainee } from "../support/trainee.ts";
import { moduleText, onlyInputs, weightsOf } from "../support/trainee.ts";

/** The page's program: it makes models from module texts and calls them; numbers cross the border as plain arrays. */
export const pageProgram = `
import * as runtime from "./runtime/index.ts";
const live = new Map();
const typed = (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)]));
const plain = (tensors) => Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, Array.from(values)]));
globalThis.specloom = {
  async create(name, code, backend, weights) {
    const module = { exports: {} };
    new Function("module", "require", code)(module, () => runtime);
    live.set(name, await module.exports.model.create({ backend, weights: Uint8Array.from(weights) }));
  },
  predict: async (name, inputs) => plain(await live.get(name).predict(typed(inputs))),
  evaluate: async (name, inputs) => (await live.get(name).evaluate(typed(inputs))).loss,
  gradients: async (name, inputs) => plain(await live.get(name).gradients(typed(inputs))),
  trainStep: async (name, inputs) => (await live.get(name).trainStep(typed(inputs))).loss,
  parameters: (name) => plain(live.get(name).parameters()),
  report: (name) => live.get(name).report(),
  dispose: async (name) => { await live.get(name).dispose(); live.delete(name); },
};
`;

export interface BrowserTrainee extends Trainee {
  readonly report: () => Promise<BackendReport>;
}

export async function browserTrainee(
  page: Page,
  compilation: Compilation,
  initial: Tensors,
  backend: string,
): Promise<BrowserTrainee> {
  const name = `${compilation.model.name} on ${backend}`;
  const call = async (method: string, ...values: readonly unknown[]): Promise<unknown> =>
    page.evaluate(
      ([key, given]) => {
        const program = (globalThis as unknown as { readonly specloom: Record<string, (...all: unknown[]) => unknown> })
          .specloom;
        return program[key]?.(...given);
      },
      [method, [name, ...values]] as [string, unknown[]],
    );
  const plain = (tensors: Tensors): Record<string, number[]> =>
    Object.fromEntries(Object.entries(tensors).map(([key, values]) => [key, Array.from(values)]));
  const code = moduleCode(await moduleText(compilation, backend));
  await call("create", code, backend, Array.from(weightsOf(compilation, initial)));
  let parameters = (await call("parameters")) as Tensors;
  return {
    predict: async (inputs) => (await call("predict", plain(onlyInputs(compilation, inputs)))) as Tensors,
    evaluate: async (inputs) => (await call("evaluate", plain(inputs))) as number,
    gradients: async (inputs) => (await call("gradients", plain(inputs))) as Tensors,
    trainStep: async (inputs) => {
      const loss = (await call("trainStep", plain(inputs))) as number;
      parameters = (await call("parameters")) as Tensors;
      return loss;
    },
    parameters: () => parameters,
    dispose: async () => void (await call("dispose")),
    report: async () => (await call("report")) as BackendReport,
  };
}
