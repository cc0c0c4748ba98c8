import type { Node } from "../ir/graph.ts";
import type { BuildContext, LayerPlan, PlanContext } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";
import { countedPositions, rotate, sinusoids, type Pairs } from "./positions.ts";

interface PositionalEncodingConfig {
  readonly form: "sinusoidal" | "learned" | "rotary";
  readonly base?: number;
  readonly max_length?: number;
  readonly num_heads?: number;
  readonly pairs?: Pairs;
}

/** Keys that mean something in one form only. */
const keysOf = {
  sinusoidal: ["base"],
  learned: ["max_length"],
  rotary: ["base", "num_heads", "pairs"],
} as const;
const ownKeys = ["base", "max_length", "num_heads", "pairs"] as const;

/** Tells every step of a sequence where it is: `[B, T, D] -> [B, T, D]`. */
export const positionalEncoding = defineLayer<PositionalEncodingConfig>({
  kind: "positional_encoding",
  summary: "Tells every step of a sequence where it is.",
  formula:
    "sinusoidal: y_t = x_t + PE(t), PE(t, 2i) = sin(t / base^(2i/D)), PE(t, 2i+1) = cos(t / base^(2i/D)); " +
    "learned: y_t = x_t + W_t; rotary: pair i of the features of a head of width W turned by t / base^(2i/W)",
  source:
    "Vaswani et al. 2017 (sinusoidal); Gehring et al. 2017, torch.nn.Embedding of positions (learned); Su et al. 2021, RoFormer (rotary)",
  keys: {
    form: {
      type: "string",
      enum: ["sinusoidal", "learned", "rotary"],
      default: "sinusoidal",
      description: "sinusoidal and learned add a vector per position; rotary turns pairs of features by its angle.",
    },
    base: {
      type: "number",
      exclusiveMinimum: 1,
      optional: true,
      description: "Of sinusoidal and rotary: the longest wave is 2 pi base steps long; default 10000.",
    },
    max_length: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Of learned: positions in the table; default the T of the input.",
    },
    num_heads: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Of rotary: heads that are turned each by itself; default 1.",
    },
    pairs: {
      type: "string",
      enum: ["interleaved", "halves"],
      optional: true,
      description:
        "Of rotary: interleaved turns features 2i and 2i + 1 together (Su et al.; the default), halves i and i + W/2 of a " +
        "head of width W (GPT-NeoX, LLaMA).",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: (config, context): LayerPlan | undefined => {
    const input = context.inputs[0];
    if (!input.time || input.shape.length !== 2) {
      return context.mismatch("a sequence [B, T, D]", "read an embedding, or a layer that keeps its time axis");
    }
    if (!hasOwnKeys(config, context)) return undefined;
    const [steps, size] = input.shape as [number, number];
    if (config.form === "rotary") return canTurn(config, size, context) ? { output: input } : undefined;
    if (config.form === "sinusoidal") return { output: input };
    const { max_length = steps } = config;
    if (max_length < steps) {
      return context.invalid(
        "max_length",
        `at least the ${steps} steps of the input`,
        "remove it, or shorten the input",
      );
    }
    const initializer = { kind: "normal", mean: 0, deviation: 1 } as const;
    return { output: input, parameters: [{ name: "weight", shape: [max_length, size], initializer }] };
  },
  build: (config, context) => {
    const { node, lengths } = context.inputs[0];
    return { node: context.operations.builder.named(encoded(config, context, node), "output"), lengths };
  },
  stream: stepwise,
  examples: [
    { config: {}, inputs: [{ shape: [4, 5], axes: ["T", "D"], time: true }] },
    { config: { form: "learned", max_length: 6 }, inputs: [{ shape: [3, 2], axes: ["T", "D"], time: true }] },
    { config: { form: "rotary", num_heads: 2 }, inputs: [{ shape: [3, 8], axes: ["T", "D"], time: true }] },
    {
      config: { form: "rotary", pairs: "halves", base: 100 },
      inputs: [{ shape: [5, 6], axes: ["T", "D"], time: true }],
    },
  ],
});

/** A key of another form would say something that is not done. */
function hasOwnKeys(config: PositionalEncodingConfig, context: PlanContext): boolean {
  const known: readonly string[] = keysOf[config.form];
  const strange = ownKeys.filter((key) => config[key] !== undefined && !known.includes(key));
  for (const key of strange) {
    const forms = Object.entries(keysOf).flatMap(([form, keys]) => (keys.some((one) => one === key) ? [form] : []));
    context.invalid(key, `no ${key} with form: ${config.form}`, `remove it, or set form: ${forms.join(" or form: ")}`);
  }
  return strange.length === 0;
}

function canTurn({ num_heads = 1 }: PositionalEncodingConfig, size: number, context: PlanContext): boolean {
  if (size % (2 * num_heads) === 0) return true;
  if (num_heads === 1) {
    context.mismatch("an even number of features, which rotary turns in pairs", "make the layer before it one wider");
  } else {
    const expected = `a number of heads of which each has an even share of the ${size} features`;
    context.invalid("num_heads", expected, "choose one that divides half of them");
  }
  return false;
}

function encoded(config: PositionalEncodingConfig, context: BuildContext, x: Node): Node {
  const { operations: o, stream } = context;
  const [batch, steps, size] = x.shape as [number, number, number];
  const positions = stream?.position ?? countedPositions(o, steps);
  const everyExample = (table: Node): Node => o.builder.named(o.broadcast(table, x.shape, [1, 2]), "positions");
  switch (config.form) {
    case "sinusoidal":
      return o.add(x, everyExample(sinusoids(o, positions, size, config.base ?? 10_000)));
    case "learned": {
      const weight = context.parameter("weight");
      if (stream === undefined) return o.add(x, everyExample(o.slice(weight, 0, 0, steps)));
      // A stream goes on as long as whole sequences do, and no longer than the table.
      return o.add(x, everyExample(o.take(o.slice(weight, 0, 0, stream.steps()), positions)));
    }
    case "rotary": {
      const heads = config.num_heads ?? 1;
      const apart = o.reshape(x, [batch, steps, heads, size / heads]);
      return o.reshape(rotate(o, apart, { positions, base: config.base, pairs: config.pairs }), x.shape);
    }
    default:
      return config.form satisfies never;
  }
}
