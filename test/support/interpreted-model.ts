/** A model that trains in float64 through the interpreter of its graphs: the same calls as a live model, one batch each. */
import type { Model, ProgramGraphs, ProgramName } from "../../compiler/contracts.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { scalarArgument } from "../../compiler/optimizers/define.ts";
import { optimizers } from "../../compiler/optimizers/index.ts";
import { allNodes } from "./numbers.ts";
import { scalarValue } from "./scalars.ts";

export type Tensors = Record<string, ArrayLike<number>>;

export class InterpretedModel {
  readonly #model: Model;
  readonly #graphs: ProgramGraphs;
  readonly #random: (name: string, count: number, step: number) => ArrayLike<number>;
  #parameters: Tensors;
  #slots: Tensors = {};
  #step = 0;

  /** @param random numbers for dropout; by default asking for any is a mistake of the test */
  constructor(
    { model, graphs }: { readonly model: Model; readonly graphs: ProgramGraphs },
    parameters: Tensors,
    random: (name: string, count: number, step: number) => ArrayLike<number> = (name) => {
      throw new Error(`nobody said what ${name} is`);
    },
  ) {
    this.#model = model;
    this.#graphs = graphs;
    this.#parameters = { ...parameters };
    this.#random = random;
  }

  get parameters(): Readonly<Tensors> {
    return this.#parameters;
  }

  get slots(): Readonly<Tensors> {
    return this.#slots;
  }

  predict(inputs: Tensors): Record<string, Float64Array> {
    return this.#run("predict", inputs);
  }

  evaluate(inputs: Tensors): Record<string, Float64Array> {
    return this.#run("evaluate", inputs);
  }

  /** By parameter name. */
  gradients(inputs: Tensors): Record<string, Float64Array> {
    const found = Object.entries(this.#run("gradients", inputs));
    return Object.fromEntries(
      found.flatMap(([name, data]) => (name.startsWith("gradient.") ? [[name.slice("gradient.".length), data]] : [])),
    );
  }

  /** @returns the loss before the update */
  trainStep(inputs: Tensors): number {
    const results = this.#run("train_step", inputs);
    this.#step += 1;
    const { loss, ...rest } = results;
    for (const [name, data] of Object.entries(rest)) {
      if (name.includes("#")) this.#slots[name] = data;
      else if (name in this.#parameters) this.#parameters[name] = data;
    }
    return loss?.[0] as number;
  }

  #run(program: ProgramName, inputs: Tensors): Record<string, Float64Array> {
    const graph = this.#graphs[program];
    const results = interpret(graph, this.bindings(program, inputs));
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
  }

  /** All arguments of a program as the next call of it gets them. */
  bindings(program: ProgramName, inputs: Tensors): Tensors {
    const graph = this.#graphs[program];
    const { kind, config } = this.#model.optimizer;
    const optimizer = optimizers.find((definition) => definition.kind === kind);
    const formulas = Object.fromEntries(
      Object.entries(optimizer?.scalars(config) ?? {}).map(([scalar, formula]) => [scalarArgument(scalar), formula]),
    );
    const bindings: Tensors = {};
    for (const node of allNodes(graph)) {
      if (node.op !== "argument") continue;
      const { name, role } = node.attributes;
      const count = sizeOf(node.shape);
      switch (role) {
        case "input":
          bindings[name] = this.#input(name, count, inputs);
          break;
        case "parameter":
          bindings[name] = this.#parameters[name] ?? [];
          break;
        case "state":
          bindings[name] = this.#slots[name] ?? new Float64Array(count);
          break;
        case "scalar":
          bindings[name] = [scalarValue(formulas[name] ?? NaN, this.#step + 1, Number(config["learning_rate"]))];
          break;
        case "random":
          bindings[name] = this.#random(name, count, this.#step + 1);
          break;
        default:
          role satisfies never;
      }
    }
    return bindings;
  }

  /** Fills a smaller batch up, with numbers that must not matter. */
  #input(name: string, count: number, inputs: Tensors): ArrayLike<number> {
    const { batchSize } = this.#model;
    const [first] = Object.entries(inputs);
    if (first === undefined) throw new Error("no inputs");
    if (name === "batch.mask") {
      const rows = this.#rows(first[0], first[1]);
      return Float64Array.from({ length: batchSize }, (_, row) => (row < rows ? 1 : 0));
    }
    const filler = name.endsWith(".lengths") ? 1 : 0;
    const given = inputs[name] ?? [];
    return Float64Array.from({ length: count }, (_, cell) => given[cell] ?? filler);
  }

  #rows(name: string, values: ArrayLike<number>): number {
    const fact = this.#model.inputs.find((input) => input.name === name);
    return values.length / (fact === undefined ? 1 : sizeOf(fact.shape));
  }
}
