/** The shape rule of the decoder layer: what its keys must be, and the parameters that follow from them. */
import type { LayerShape } from "../contracts/layer.ts";
import { fanInUniform } from "./affine.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { cellOf, outputSize, scoreOf, startOf } from "./decoder-config.ts";
import type { LayerPlan, ParameterSpec, PlanContext } from "./define.ts";
import { scoreFits, scoreParameters } from "./scores.ts";

/** The tokens that a decoder predicts. */
interface Tokens {
  readonly shape: LayerShape;
  readonly steps: number;
  readonly vocabulary: number;
}

export function planDecoder(config: DecoderConfig, context: PlanContext): LayerPlan | undefined {
  const tokens = tokensOf(config, context);
  if (tokens === undefined || !checkKeys(config, context, tokens)) return undefined;
  const memory = config.attention === undefined ? undefined : memoryShape(config, context);
  if (config.attention !== undefined && memory === undefined) return undefined;
  const additive = isAdditive(config);
  const width = memory?.shape[1] ?? 0;
  const fed = config.input_feeding ? outputSize(config) : 0;
  const cell = planCell(config, context, [tokens.steps, config.embedding_dim + (additive ? width : fed)]);
  if (cell === undefined) return undefined;
  const timeAxis = tokens.shape.axes[0] ?? "T";
  const attention = memory && {
    shape: [tokens.steps, memory.shape[0] as number],
    axes: [timeAxis, "S"],
    time: true,
  };
  return {
    output: { shape: [tokens.steps, tokens.vocabulary], axes: [timeAxis, "V"], time: true },
    extras: attention === undefined ? {} : { attention },
    parameters: parametersOf(config, tokens.vocabulary, cell.parameters ?? [], memory && width),
  };
}

function isAdditive(config: DecoderConfig): boolean {
  return config.attention !== undefined && scoreOf(config).score === "additive";
}

function tokensOf({ target }: DecoderConfig, context: PlanContext): Tokens | undefined {
  const shape = context.lookup(target, "target")?.shape;
  if (shape === undefined) return undefined;
  const { vocabulary, dtype } = shape;
  const [steps, further] = shape.shape;
  if (dtype === "int32" && steps !== undefined && further === undefined && vocabulary !== undefined) {
    return { shape, steps, vocabulary };
  }
  const help = "declare that input with shape: [T], dtype: int32 and its vocabulary";
  return context.invalid("target", "tokens [B, T] (int32) whose vocabulary is known", help);
}

/** What does not depend on what is attended over. */
function checkKeys(config: DecoderConfig, context: PlanContext, { vocabulary }: Tokens): boolean {
  const { attention: chosen, initial_state: start, input_feeding } = config;
  for (const key of ["bos", "padding_idx"] as const) {
    if ((config[key] ?? 0) < vocabulary) continue;
    context.invalid(key, `a token below the vocabulary of ${vocabulary}`, "choose one of the target's tokens");
    return false;
  }
  if (chosen === undefined && start !== undefined && start !== context.from[0]) {
    const help = "write it as from, or add attention: {score: dot} to look at what from says";
    context.invalid("initial_state", "what from says: without attention nothing else reads it", help);
    return false;
  }
  if (input_feeding && (chosen === undefined || isAdditive(config))) {
    const help = "remove it, or set attention: {score: dot} or general";
    context.invalid("input_feeding", "attention with score dot, general or scaled_dot", help);
    return false;
  }
  return true;
}

/** @param memory width of what is attended over */
function parametersOf(
  config: DecoderConfig,
  vocabulary: number,
  cell: readonly ParameterSpec[],
  memory: number | undefined,
): readonly ParameterSpec[] {
  const { embedding_dim, padding_idx } = config;
  const { hidden_size: hidden } = config.cell;
  const additive = isAdditive(config);
  const output = additive ? hidden + (memory ?? 0) + embedding_dim : outputSize(config);
  const linear = (name: string, rows: number, columns: number): ParameterSpec => ({
    name,
    shape: [rows, columns],
    initializer: fanInUniform(columns),
  });
  const score = memory === undefined ? [] : scoreParameters(scoreOf(config), hidden, memory);
  const zeroRow = padding_idx === undefined ? {} : { zeroRow: padding_idx };
  return [
    {
      name: "embedding.weight",
      shape: [vocabulary, embedding_dim],
      initializer: { kind: "normal", mean: 0, deviation: 1, ...zeroRow },
    },
    ...cell.map((parameter) => ({ ...parameter, name: `cell.${parameter.name}` })),
    ...score.map((parameter) => ({ ...parameter, name: `attention.${parameter.name}` })),
    ...(memory === undefined || additive ? [] : [linear("combine.weight", outputSize(config), memory + hidden)]),
    linear("out.weight", vocabulary, output),
    { name: "out.bias", shape: [vocabulary], initializer: fanInUniform(output) },
  ];
}

function memoryShape(config: DecoderConfig, context: PlanContext): LayerShape | undefined {
  const over = config.attention?.over;
  const shape = over === undefined ? context.inputs[0] : context.lookup(over, "attention/over")?.shape;
  if (shape === undefined) return undefined;
  const [, width] = shape.shape;
  if (!shape.time || shape.shape.length !== 2 || width === undefined) {
    const help = "read a recurrent layer with return: sequence";
    return context.invalid("attention", "something with time to look at, [B, S, D]", help);
  }
  const score = scoreOf(config);
  if (scoreFits(score, config.cell.hidden_size, width)) return shape;
  const help = "set score: general or additive, or give the cell and the encoder one size";
  return context.invalid("attention", `a hidden_size of ${width}, the width of what ${score.score} looks at`, help);
}

/** The shape rule of the cell, with what this layer reports under its own keys. */
function planCell(config: DecoderConfig, context: PlanContext, shape: readonly number[]): LayerPlan | undefined {
  const { definition, config: cell } = cellOf(config);
  const initial_state = startOf(config, context.from);
  return definition.plan(
    { ...cell, ...(initial_state === undefined ? {} : { initial_state }) },
    { ...context, inputs: [{ shape, axes: ["T", "E"], time: true }] },
  );
}
