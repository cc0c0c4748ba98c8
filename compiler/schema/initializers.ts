/** How `init` may set the parameters of a layer. One record per kind: keys, and what it means for one tensor. */
import type { Initializer } from "@specloom/runtime/internal/contract";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Keys } from "../keys/define.ts";

/** Inputs and outputs that one unit is connected to, as PyTorch counts them: columns and rows of [out, in]. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

export interface InitializerDefinition {
  readonly kind: string;
  readonly summary: string;
  readonly keys: Keys;
  /** Whether it depends on the fans, which only tensors of two or more axes have. */
  readonly needsFans: boolean;
  readonly make: (config: Readonly<Record<string, unknown>>, fans: Fans) => Initializer;
}

const numberOf = (config: Readonly<Record<string, unknown>>, key: string): number => memberOf(config, key) as number;

const gain: Keys = {
  gain: { type: "number", exclusiveMinimum: 0, default: 1, description: "Factor on the spread." },
};

export const initializers: readonly InitializerDefinition[] = [
  {
    kind: "uniform",
    summary: "Uniform in [-bound, bound).",
    keys: { bound: { type: "number", exclusiveMinimum: 0, description: "Half the width of the interval." } },
    needsFans: false,
    make: (config) => ({ kind: "uniform", bound: numberOf(config, "bound") }),
  },
  {
    kind: "normal",
    summary: "Normal with the given mean and standard deviation.",
    keys: {
      mean: { type: "number", default: 0, description: "Mean." },
      deviation: { type: "number", exclusiveMinimum: 0, description: "Standard deviation." },
    },
    needsFans: false,
    make: (config) => ({ kind: "normal", mean: numberOf(config, "mean"), deviation: numberOf(config, "deviation") }),
  },
  {
    kind: "constant",
    summary: "One value everywhere.",
    keys: { value: { type: "number", description: "The value." } },
    needsFans: false,
    make: (config) => ({ kind: "constant", value: numberOf(config, "value") }),
  },
  {
    kind: "zeros",
    summary: "Zero everywhere.",
    keys: {},
    needsFans: false,
    make: () => ({ kind: "constant", value: 0 }),
  },
  {
    kind: "ones",
    summary: "One everywhere.",
    keys: {},
    needsFans: false,
    make: () => ({ kind: "constant", value: 1 }),
  },
  {
    kind: "xavier_uniform",
    summary: "torch.nn.init.xavier_uniform_: bound gain * sqrt(6 / (fan_in + fan_out)).",
    keys: gain,
    needsFans: true,
    make: (config, { fanIn, fanOut }) => ({
      kind: "uniform",
      bound: numberOf(config, "gain") * Math.sqrt(6 / (fanIn + fanOut)),
    }),
  },
  {
    kind: "xavier_normal",
    summary: "torch.nn.init.xavier_normal_: deviation gain * sqrt(2 / (fan_in + fan_out)).",
    keys: gain,
    needsFans: true,
    make: (config, { fanIn, fanOut }) => ({
      kind: "normal",
      mean: 0,
      deviation: numberOf(config, "gain") * Math.sqrt(2 / (fanIn + fanOut)),
    }),
  },
  {
    kind: "kaiming_uniform",
    summary: "torch.nn.init.kaiming_uniform_ with its defaults: bound sqrt(6 / fan_in).",
    keys: {},
    needsFans: true,
    make: (_config, { fanIn }) => ({ kind: "uniform", bound: Math.sqrt(6 / fanIn) }),
  },
  {
    kind: "kaiming_normal",
    summary: "torch.nn.init.kaiming_normal_ with its defaults: deviation sqrt(2 / fan_in).",
    keys: {},
    needsFans: true,
    make: (_config, { fanIn }) => ({ kind: "normal", mean: 0, deviation: Math.sqrt(2 / fanIn) }),
  },
];

/** Keys that every kind of `init` has. */
export const initializerCommonKeys = {
  applies_to: {
    type: "string",
    enum: ["weights", "biases", "all"],
    default: "weights",
    description: "Which parameters of the layer: those named bias..., all others, or both.",
  },
} satisfies Keys;
