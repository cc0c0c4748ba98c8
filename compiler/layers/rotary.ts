/** The keys of layers whose heads can turn their queries and keys by position. */
import type { Keys } from "../keys/define.ts";
import type { PlanContext } from "./define.ts";
import type { Pairs } from "./positions.ts";

export interface RotaryConfig {
  readonly rotary: boolean;
  readonly rotary_base?: number;
  readonly rotary_pairs?: Pairs;
}

/** Keys with which queries and keys of self-attention are turned by their positions. */
export const rotaryKeys = {
  rotary: {
    type: "boolean",
    default: false,
    description: "Whether queries and keys of self-attention are turned by the angles of their positions (RoPE).",
  },
  rotary_base: {
    type: "number",
    exclusiveMinimum: 1,
    optional: true,
    description: "With rotary: the longest wave is 2 pi rotary_base steps long; default 10000.",
  },
  rotary_pairs: {
    type: "string",
    enum: ["interleaved", "halves"],
    optional: true,
    description:
      "With rotary: interleaved turns features 2i and 2i + 1 of a head of width W together (Su et al.; the default), " +
      "halves i and i + W/2 (GPT-NeoX, LLaMA).",
  },
} as const satisfies Keys;

/** Whether what the rotary keys say can be done; else it has been reported. */
export function rotaryFits(
  { num_heads, rotary, ...rest }: RotaryConfig & { readonly num_heads: number },
  size: number,
  { invalid }: Pick<PlanContext, "invalid">,
): boolean {
  if (!rotary) {
    const idle = (["rotary_base", "rotary_pairs"] as const).filter((key) => rest[key] !== undefined);
    for (const key of idle) invalid(key, `no ${key} without rotary: true`, "remove it, or set rotary: true");
    return idle.length === 0;
  }
  if (size % (2 * num_heads) === 0) return true;
  invalid(
    "rotary",
    `heads of an even width; ${size} features make ${num_heads} of width ${size / num_heads}`,
    "choose a num_heads that divides half of the features, or remove rotary",
  );
  return false;
}
