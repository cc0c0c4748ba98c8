/** torch.nn.MultiheadAttention as a part: of the layer of that name, and of transformer blocks. */
import type { LayerShape } from "../contracts/layer.ts";
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { Node } from "../ir/graph.ts";
import { affine, fanInUniform } from "./affine.ts";
import { allSteps } from "./cache.ts";
import { attend, dotEnergies } from "./attend.ts";
import type { BuildContext, LayerValue, ParameterSpec, StreamInput } from "./define.ts";
import { dropped } from "./dropout.ts";
import { rotate } from "./positions.ts";
import type { RotaryConfig } from "./rotary.ts";
import { commonLengths } from "./softmax.ts";

export interface HeadsConfig extends RotaryConfig {
  readonly num_heads: number;
  readonly dropout: number;
  readonly bias: boolean;
}

export interface HeadWidths {
  /** embed_dim: of the queries, of all heads together, and of the output. */
  readonly query: number;
  readonly key: number;
  readonly value: number;
}

const separateNames = ["q_proj_weight", "k_proj_weight", "v_proj_weight"] as const;

function isPacked({ query, key, value }: HeadWidths): boolean {
  return key === query && value === query;
}

/**
 * PyTorch's names and initial values: one in_proj_weight [3E, E] where all widths are E, else q_proj_weight [E, E],
 * k_proj_weight [E, kdim] and v_proj_weight [E, vdim]; then in_proj_bias [3E], out_proj.weight [E, E], out_proj.bias [E].
 */
export function headParameters(widths: HeadWidths, bias: boolean): readonly ParameterSpec[] {
  const { query: size, key, value } = widths;
  const weight = (name: string, rows: number, columns: number): ParameterSpec => ({
    name,
    shape: [rows, columns],
    initializer: xavierUniform(rows, columns),
  });
  const zeros: Initializer = { kind: "constant", value: 0 };
  return [
    ...(isPacked(widths)
      ? [weight("in_proj_weight", 3 * size, size)]
      : [size, key, value].map((columns, part) => weight(separateNames[part] as string, size, columns))),
    ...(bias ? [{ name: "in_proj_bias", shape: [3 * size], initializer: zeros }] : []),
    { name: "out_proj.weight", shape: [size, size], initializer: fanInUniform(size) },
    ...(bias ? [{ name: "out_proj.bias", shape: [size], initializer: zeros }] : []),
  ];
}

function xavierUniform(rows: number, columns: number): Initializer {
  return { kind: "uniform", bound: Math.sqrt(6 / (rows + columns)) };
}

/** What `invalid` says of heads that do not share the width evenly. */
export function headsMustDivide(size: number): [expected: string, help: string] {
  const divisors: number[] = [];
  for (let count = 1; count <= size && divisors.length < 12; count += 1) if (size % count === 0) divisors.push(count);
  return [
    `a number of heads that divides the width E = ${size} of the queries`,
    `set it to one of ${divisors.join(", ")}, or change the width`,
  ];
}

/** The weights of every head, `[N, Tq, Tk]` without the batch. */
export function headWeightsShape(heads: number, query: LayerShape, key: LayerShape): LayerShape {
  const [queryAxis, keyAxis] = [query.axes[0], key.axes[0]] as [string, string];
  return {
    shape: [heads, query.shape[0] as number, key.shape[0] as number],
    axes: ["N", queryAxis, keyAxis === queryAxis ? "S" : keyAxis],
    time: false,
  };
}

export interface HeadsRequest {
  readonly query: LayerValue;
  readonly key: LayerValue;
  readonly value: LayerValue;
  readonly causal: boolean;
  /** Queries and keys are steps of one sequence, and turned by their positions where the layer says so. */
  readonly rotary?: boolean;
  /** Put before the names of `headParameters`: `self_attn.`. */
  readonly prefix?: string;
}

/**
 * Each head projects queries, keys and values to E / N features, attends with softmax(q k / sqrt(E / N)), and out_proj
 * joins the heads: `[B, Tq, E]`. No tensor is rearranged: the products read the heads where the projections put them.
 */
export function attendWithHeads(
  config: HeadsConfig,
  context: Pick<BuildContext, "operations" | "parameter" | "training" | "random" | "stream">,
  { query, key, value, causal, rotary = false, prefix = "" }: HeadsRequest,
): { readonly node: Node; readonly weights: () => Node } {
  const { operations: o } = context;
  const parameter = (name: string): Node => context.parameter(`${prefix}${name}`);
  const [batch, steps, size] = query.node.shape as [number, number, number];
  const width = size / config.num_heads;
  const packed = isPacked({ query: size, key: widthOf(key), value: widthOf(value) });
  const project = ({ node }: LayerValue, part: number, label: string): Node => {
    const third = (rows: Node, name: string): Node =>
      o.builder.named(o.slice(rows, 0, part * size, (part + 1) * size), `${label}_${name}`);
    const separate = separateNames[part] as string;
    const weight = packed ? third(parameter("in_proj_weight"), "weight") : parameter(separate);
    const bias = config.bias ? third(parameter("in_proj_bias"), "bias") : undefined;
    const projected = o.builder.named(affine(o, node, weight, bias), `${label}_projection`);
    return o.builder.named(o.reshape(projected, [batch, node.shape[1] as number, config.num_heads, width]), label);
  };
  const { stream } = context;
  const turned = (heads: Node): Node =>
    rotary
      ? rotate(o, heads, { positions: stream?.position, base: config.rotary_base, pairs: config.rotary_pairs })
      : heads;
  const queries = turned(project(query, 0, "queries"));
  // Of a stream, the steps so far are in a cache.
  const whole = (value: LayerValue, label: string, heads: Node): Node =>
    stream?.isStep(value) ? allSteps(o, stream, `${prefix}${label}`, heads) : heads;
  const keys = whole(key, "keys", turned(project(key, 1, "keys")));
  const attended = attend(o, {
    energies: dotEnergies(o, queries, keys, 1 / Math.sqrt(width)),
    values: whole(value, "values", project(value, 2, "values")),
    keyLengths: commonLengths(o, [key.lengths, value.lengths]),
    causal,
    firstQuery: stream?.position,
    drop: (weights) => dropped(o, weights, config.dropout, context),
  });
  const joined = o.reshape(attended.context, [batch, steps, size]);
  const bias = config.bias ? parameter("out_proj.bias") : undefined;
  const output = affine(o, joined, parameter("out_proj.weight"), bias);
  return { node: o.builder.named(output, "attention"), weights: attended.weights };
}

function widthOf({ node }: LayerValue): number {
  return node.shape[2] as number;
}

/** Of self-attention, and of attention over a whole sequence, what a stream can give. */
export function streamAttention(causal: boolean, inputs: readonly StreamInput[]): string | undefined {
  const [query, key = query, value = key] = inputs;
  if (query?.isStep !== true) return "its queries come whole and what they look at step by step";
  if (key?.isStep !== value?.isStep) return "of keys and values one comes whole and the other step by step";
  return key?.isStep === true && !causal ? "it also looks at steps to come; causal: true does not" : undefined;
}
