/** A checked cell as a layer kind: the same record that the kinds of the table have. */
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { Node } from "../ir/graph.ts";
import { fanInUniform } from "../layers/affine.ts";
import type { BuildContext, LayerDefinition, LayerPlan, ParameterSpec, PlanContext } from "../layers/define.ts";
import { stepwise } from "../layers/define.ts";
import { buildStepped, directionsOf, eachRun, planStepped, steppedKeys, streamStepped } from "../layers/stepped.ts";
import type { Run, StateFact, SteppedConfig } from "../layers/stepped.ts";
import type { Keys } from "../keys/define.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Cell, SizeCondition } from "./define.ts";
import { evaluateDimension } from "./dimension.ts";
import { Evaluation } from "./evaluate.ts";

type Config = Readonly<Record<string, unknown>>;
type Sizes = Readonly<Record<string, number>>;

/** A size that does not come out as a whole number, or too small, with the numbers of one layer. */
export interface SizeProblem {
  readonly layer: string;
  readonly condition: SizeCondition;
  readonly found: number;
  readonly sizes: Sizes;
}

/** Keys of a layer of this kind, beyond those of every layer. */
export function cellKeys(keys: Readonly<Record<string, number | null | undefined>>, isRecurrent: boolean): Keys {
  const own = Object.entries(keys).map(([name, value]) => {
    const fallback = value ?? undefined;
    const description = "Number that the equations of the cell use.";
    return [name, { type: "number", description, ...(fallback === undefined ? {} : { default: fallback }) }] as const;
  });
  return { ...Object.fromEntries(own), ...(isRecurrent ? steppedKeys : {}) };
}

/** @param report is told of sizes that cannot be; the layer's own keys are reported as every layer does */
export function cellLayer(cell: Cell, report: (problem: SizeProblem) => void): LayerDefinition {
  const isRecurrent = cell.states.length > 0;
  const checkSizes = (sizes: Sizes, layer: string): boolean => {
    const problem = cell.conditions
      .map((condition) => ({ condition, found: evaluateDimension(condition.size, sizes), layer, sizes }))
      .find(({ condition, found }) => !(Number.isInteger(found) && found >= condition.least));
    if (problem) report(problem);
    return problem === undefined;
  };
  return {
    kind: cell.kind,
    summary: cell.description ?? "A cell of this spec.",
    formula: cell.formula,
    source: "the spec",
    keys: cellKeys(cell.keys, isRecurrent),
    inputs: { min: 1, max: 1 },
    plan: (config, context) =>
      isRecurrent ? planRecurrent(cell, config, context, checkSizes) : planPointwise(cell, config, context, checkSizes),
    build: (config, context) =>
      isRecurrent ? buildRecurrent(cell, config, context) : buildPointwise(cell, config, context),
    stream: (config, inputs, named) =>
      isRecurrent ? streamStepped(steppedConfig(config), inputs, named) : stepwise(config, inputs),
    examples: [],
  };
}

function sizesOf(cell: Cell, config: Config, input: number): Sizes {
  return { ...Object.fromEntries(Object.keys(cell.keys).map((key) => [key, memberOf(config, key) as number])), input };
}

function shapeOf(shape: Cell["parameters"][number]["shape"], sizes: Sizes): readonly number[] {
  return shape.map((size) => evaluateDimension(size, sizes));
}

// --- pointwise -----------------------------------------------------------------------------------------------------

function planPointwise(
  cell: Cell,
  config: Config,
  context: PlanContext,
  checkSizes: (sizes: Sizes, layer: string) => boolean,
): LayerPlan | undefined {
  const input = context.inputs[0];
  if (input.shape.length > 3) {
    return context.mismatch("at most two axes before the last", "reshape it, or read another layer");
  }
  const features = input.shape[input.shape.length - 1] as number;
  const sizes = sizesOf(cell, config, features);
  if (!checkSizes(sizes, context.name)) return undefined;
  const output = evaluateDimension(cell.outputSize, sizes);
  const fallback = (shape: readonly number[]): Initializer =>
    fanInUniform(shape.length === 2 ? (shape[1] as number) : features);
  return {
    output: { ...input, shape: [...input.shape.slice(0, -1), output], axes: [...input.axes.slice(0, -1), "H"] },
    parameters: cell.parameters.map(({ name, shape: sizesOfAxes, init }) => {
      const shape = shapeOf(sizesOfAxes, sizes);
      return { name, shape, initializer: (init ?? fallback)(shape) };
    }),
  };
}

function buildPointwise(cell: Cell, config: Config, context: BuildContext): ReturnType<LayerDefinition["build"]> {
  const [input] = context.inputs;
  const x = input?.node;
  const features = x.shape[x.shape.length - 1] as number;
  const sizes = sizesOf(cell, config, features);
  const parameters = new Map(cell.parameters.map(({ name }) => [name, context.parameter(name)]));
  const leading = x.shape.slice(0, -1);
  const evaluation = new Evaluation({ operations: context.operations, sizes, leading, parameters }, cell.equations);
  evaluation.define("x", { node: x, rank: 1, varies: true, late: false });
  evaluation.run(cell.equations);
  return { node: evaluation.vector(cell.output, evaluateDimension(cell.outputSize, sizes)), lengths: input?.lengths };
}

// --- recurrent -----------------------------------------------------------------------------------------------------

function steppedConfig(config: Config): SteppedConfig {
  return config as unknown as SteppedConfig;
}

/** What the layers of a stack read differs, and with it perhaps their sizes. */
function sizesOfLayers(cell: Cell, config: Config, input: number): readonly Sizes[] {
  const { num_layers } = steppedConfig(config);
  const layers = [sizesOf(cell, config, input)];
  while (layers.length < num_layers) {
    const below = evaluateDimension(cell.outputSize, layers[layers.length - 1] as Sizes);
    layers.push(sizesOf(cell, config, directionsOf(steppedConfig(config)) * below));
  }
  return layers;
}

function statesOf(cell: Cell, sizes: Sizes): readonly StateFact[] {
  return cell.states.map(({ name, size }, index) => ({
    extra: index === 0 ? "final_state" : `final_${name}`,
    size: evaluateDimension(size, sizes),
  }));
}

function planRecurrent(
  cell: Cell,
  config: Config,
  context: PlanContext,
  checkSizes: (sizes: Sizes, layer: string) => boolean,
): LayerPlan | undefined {
  const input = context.inputs[0];
  const layers = sizesOfLayers(cell, config, input.shape[input.shape.length - 1] as number);
  const [first] = layers as [Sizes];
  if (!layers.every((sizes) => checkSizes(sizes, context.name))) return undefined;
  const sizesOfVectors = (sizes: Sizes): string =>
    [...statesOf(cell, sizes).map(({ size }) => size), evaluateDimension(cell.outputSize, sizes)].join();
  if (layers.some((sizes) => sizesOfVectors(sizes) !== sizesOfVectors(first))) {
    return context.invalid(
      "num_layers",
      "one layer: a state or the output of this cell has the size of what it reads, which differs from layer to layer",
      "write the layers one after the other",
    );
  }
  const states = statesOf(cell, first);
  const plan = planStepped(steppedConfig(config), context, states, evaluateDimension(cell.outputSize, first));
  if (plan === undefined) return undefined;
  const fallback = fanInUniform(states[0]?.size as number);
  const parameters = eachRun(steppedConfig(config)).flatMap((run) =>
    cell.parameters.map(({ name, shape: sizesOfAxes, init }): ParameterSpec => {
      const shape = shapeOf(sizesOfAxes, layers[run.layer] as Sizes);
      return { name: name + suffixOf(run), shape, initializer: init?.(shape) ?? fallback };
    }),
  );
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return { ...plan, parameters };
  const key = steppedConfig(config).num_layers > 1 ? "num_layers" : "bidirectional";
  const help = `rename the parameter of the cell that ends in ${/(_reverse|_l\d+)+$/.exec(twice)?.[0] ?? ""}`;
  return context.invalid(key, `names that differ for all parameters, but two would be called ${twice}`, help);
}

/** A cell in one direction has its parameters' own names; further layers and directions are told as PyTorch does. */
function suffixOf({ layer, direction }: Run): string {
  return `${layer === 0 ? "" : `_l${layer}`}${direction === 0 ? "" : "_reverse"}`;
}

function buildRecurrent(cell: Cell, config: Config, context: BuildContext): ReturnType<LayerDefinition["build"]> {
  const { operations: o, batchSize } = context;
  const x = context.inputs[0]?.node;
  const layers = sizesOfLayers(cell, config, x.shape[x.shape.length - 1] as number);
  const outputSize = evaluateDimension(cell.outputSize, layers[0] as Sizes);
  const firstState = `${cell.states[0]?.name ?? ""}'`;
  return buildStepped(steppedConfig(config), context, {
    states: statesOf(cell, layers[0] as Sizes),
    outputSize,
    givesFirstState: cell.output.kind === "name" && cell.output.name === firstState,
    stepping: (run, input) => {
      const suffix = suffixOf(run);
      const parameters = new Map(cell.parameters.map(({ name }) => [name, context.parameter(name + suffix)]));
      const setting = { operations: o, sizes: layers[run.layer] as Sizes, leading: [batchSize], parameters };
      return {
        slices: [o.transpose(input, [1, 0, 2])],
        step: (states, [slice]) => {
          const evaluation = new Evaluation(setting, cell.equations);
          evaluation.define("x", { node: slice as Node, rank: 1, varies: true, late: false });
          cell.states.forEach(({ name }, index) => {
            evaluation.define(name, { node: states[index] as Node, rank: 1, varies: true, late: true });
          });
          evaluation.run(cell.equations);
          return {
            states: cell.states.map(({ name, size }) =>
              evaluation.vector(
                { kind: "name", name: `${name}'`, span: { start: 0, end: 0 } },
                evaluateDimension(size, layers[run.layer] as Sizes),
              ),
            ),
            output: evaluation.vector(cell.output, outputSize),
          };
        },
      };
    },
  });
}
