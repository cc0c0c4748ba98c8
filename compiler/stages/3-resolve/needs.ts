/** Which inputs the outputs of a model depend on: what is read in training alone, no prediction asks for. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { Model, ResolvedLayer } from "../../contracts/model.ts";
import { ownerOf } from "./stream-obstacle.ts";

/** Names of inputs, by the name of a layer or of an input itself. */
export class InputNeeds {
  readonly #inputs: readonly ModelInput[];
  readonly #needs = new Map<string, ReadonlySet<string>>();

  /** @param layers in order: each reads only what stands above */
  constructor(inputs: readonly ModelInput[], layers: readonly ResolvedLayer[]) {
    this.#inputs = inputs;
    for (const { name } of inputs) this.#needs.set(name, new Set([name]));
    for (const { name, needs } of layers) this.#needs.set(name, this.#joined(needs));
  }

  /** One set for layers that need the same: a long chain has one. */
  #joined(names: readonly string[]): ReadonlySet<string> {
    const sets = new Set(names.map((name) => this.#needs.get(name) ?? new Set<string>()));
    const [first = new Set<string>(), ...others] = sets;
    return others.length === 0 ? first : new Set([first, ...others].flatMap((set) => [...set]));
  }

  /** In the order of the model's inputs. @param name of a layer, or of an output of one: `encoder.final_state` */
  of(name: string): readonly string[] {
    const needed = this.#needs.get(ownerOf(name, this.#needs));
    return this.#inputs.filter((input) => needed?.has(input.name)).map((input) => input.name);
  }
}

/**
 * What a layer reads is an input, even where it is the target of a loss as well; it is for training alone where no output
 * depends on it.
 */
export function withRoles(
  inputs: readonly ModelInput[],
  layers: readonly ResolvedLayer[],
  outputs: Model["outputs"],
): readonly ModelInput[] {
  const read = new Set(layers.flatMap(({ needs }) => needs));
  const predicted = new Set(outputs.flatMap(({ needs = [] }) => needs));
  return inputs.map((input) => {
    if (!read.has(input.name)) return input;
    return { ...input, role: "input", ...(predicted.has(input.name) ? {} : { trainingOnly: true }) };
  });
}
