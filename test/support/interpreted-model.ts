/** A model that trains in float64 through the interpreter of its graphs: the same calls as a live model, one batch each. */
import type { Model } from "../../compiler/contracts/model.ts";
import type { ProgramGraphs } from "../../compiler/contracts/programs.ts";
import type { AnyProgramName } from "../../runtime/contract.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import type { ScalarFormula } from "../../compiler/ir/scalar-formula.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { averageScalars } from "../../compiler/optimizers/average.ts";
import { scalarArgument } from "../../compiler/optimizers/define.ts";
import { optimizers } from "../../compiler/optimizers/index.ts";
import { teacherForcingScalars } from "../../compiler/schedules/teacher-forcing.ts";
import { accumulationKept, clipScale } from "../../runtime/shared/names.ts";
import { learningRateAt } from "../../runtime/training/learning-rate.ts";
import { allNodes } from "./numbers.ts";
import { scalarValue } from "./scalars.ts";
import { scheduleFact } from "./schedule-facts.ts";

export type Tensors = Record<string, ArrayLike<number>>;

export class InterpretedModel {
  readonly #model: Model;
  readonly #graphs: ProgramGraphs;
  readonly #random: (name: string, count: number, batch: number) => ArrayLike<number>;
  #parameters: Tensors;
  #slots: Tensors = {};
  #step = 0;
  #accumulated = 0;
  /** Training batches so far. */
  #batches = 0;

  /** @param random numbers for dropout; by default asking for any is a mistake of the test */
  constructor(
    { model, graphs }: { readonly model: Model; readonly graphs: ProgramGraphs },
    parameters: Tensors,
    random: (name: string, count: number, batch: number) => ArrayLike<number> = (name) => {
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

  /** @returns the loss before the update; with `train.accumulate` every n-th call makes one */
  trainStep(inputs: Tensors, update = this.#accumulated + 1 >= (this.#model.accumulate ?? 1)): number {
    const results = this.#run(update ? "train_step" : "accumulate", inputs);
    this.#batches += 1;
    if (update) this.#step += 1;
    this.#accumulated = update ? 0 : this.#accumulated + 1;
    const { loss, ...rest } = results;
    for (const [name, data] of Object.entries(rest)) {
      if (name.includes("#")) this.#slots[name] = data;
      else if (name in this.#parameters) this.#parameters[name] = data;
    }
    return loss?.[0] as number;
  }

  #run(program: AnyProgramName, inputs: Tensors): Record<string, Float64Array> {
    const graph = this.#graphs[program] as Graph;
    const results = interpret(graph, this.bindings(program, inputs));
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
  }

  /** All arguments of a program as the next call of it gets them. */
  bindings(program: AnyProgramName, inputs: Tensors): Tensors {
    const graph = this.#graphs[program] as Graph;
    const { average, teacherForcing } = this.#model;
    const { kind, config } = this.#model.optimizer;
    const optimizer = optimizers.find((definition) => definition.kind === kind);
    const formulas: Record<string, ScalarFormula> = Object.fromEntries(
      Object.entries({
        ...optimizer?.scalars(config),
        ...(average && averageScalars(average)),
        ...(teacherForcing && teacherForcingScalars(teacherForcing)),
      }).map(([scalar, formula]) => [scalarArgument(scalar), formula]),
    );
    formulas[clipScale] = 1;
    formulas[accumulationKept] = this.#accumulated === 0 ? 0 : 1;
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
          bindings[name] =
            this.#slots[name] ??
            new Float64Array(count).fill(optimizer?.initial?.(config)[name.slice(name.indexOf("#") + 1)] ?? 0);
          break;
        case "scalar":
          bindings[name] = [
            scalarValue(formulas[name] ?? NaN, { step: this.#step + 1, learningRate: this.#learningRate() }),
          ];
          break;
        case "random":
          bindings[name] = this.#random(name, count, this.#batches + 1);
          break;
        default:
          role satisfies never;
      }
    }
    return bindings;
  }

  /** Of the next update; its epoch is the first. */
  #learningRate(): number {
    const schedule = scheduleFact(this.#model);
    const learningRate = Number(this.#model.optimizer.config["learning_rate"]);
    const optimizer = { kind: "", learningRate, slots: [], scalars: () => ({}) };
    return learningRateAt(
      { optimizer, ...(schedule === undefined ? {} : { schedule }) },
      { step: this.#step + 1, epoch: 1 },
    );
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
