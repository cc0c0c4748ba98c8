/** How well a key fits a query: the scores that attention layers choose from. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { Keys } from "../keys/define.ts";
import { affine, fanInUniform } from "./affine.ts";
import { dotEnergies } from "./attend.ts";
import type { ParameterSpec } from "./define.ts";

export type ScoreName = "dot" | "general" | "additive" | "scaled_dot";

export interface ScoreConfig {
  readonly score: ScoreName;
  readonly attention_size?: number;
}

export const scoreKeys = {
  score: {
    type: "string",
    enum: ["dot", "general", "additive", "scaled_dot"],
    default: "dot",
    description:
      "dot: e = q . k. general: e = q . W k. additive: e = v . tanh(W_q q + W_k k). scaled_dot: e = q . k / sqrt(D). " +
      "dot and scaled_dot need queries and keys of one width.",
  },
  attention_size: {
    type: "integer",
    minimum: 1,
    optional: true,
    description: "Rows of W_q and W_k of the additive score; default the width of the queries.",
  },
} satisfies Keys;

/** Whether the score can compare queries and keys of these widths. */
export function scoreFits({ score }: ScoreConfig, queryWidth: number, keyWidth: number): boolean {
  return score === "general" || score === "additive" || queryWidth === keyWidth;
}

/** As torch.nn.Linear layers without bias called W, or W_q, W_k and v, would have them. */
export function scoreParameters(
  { score, attention_size }: ScoreConfig,
  queryWidth: number,
  keyWidth: number,
): readonly ParameterSpec[] {
  const linear = (name: string, rows: number, columns: number): ParameterSpec => ({
    name: `${name}.weight`,
    shape: [rows, columns],
    initializer: fanInUniform(columns),
  });
  const size = attention_size ?? queryWidth;
  if (score === "general") return [linear("W", queryWidth, keyWidth)];
  if (score === "additive")
    return [linear("W_q", size, queryWidth), linear("W_k", size, keyWidth), linear("v", 1, size)];
  return [];
}

/**
 * Energies of one head, `[B, 1, Tq, Tk]`.
 * @param parameter by the names of `scoreParameters`
 * @param queries `[B, Tq, Dq]`
 * @param keys `[B, Tk, Dk]`
 */
export function scoreEnergies(
  o: Operations,
  { score }: ScoreConfig,
  parameter: (name: string) => Node,
  queries: Node,
  keys: Node,
): Node {
  const head = (x: Node): Node => o.reshape(x, [...x.shape.slice(0, 2), 1, ...x.shape.slice(2)]);
  const width = queries.shape[2] as number;
  switch (score) {
    case "dot":
      return dotEnergies(o, head(queries), head(keys));
    case "scaled_dot":
      return dotEnergies(o, head(queries), head(keys), 1 / Math.sqrt(width));
    case "general": {
      const projected = o.builder.named(affine(o, keys, parameter("W.weight")), "key_projection");
      return dotEnergies(o, head(queries), head(projected));
    }
    case "additive": {
      const query = o.builder.named(affine(o, queries, parameter("W_q.weight")), "query_projection");
      const key = o.builder.named(affine(o, keys, parameter("W_k.weight")), "key_projection");
      const [batch, steps, size] = query.shape as [number, number, number];
      const shape = [batch, steps, key.shape[1] as number, size];
      const sum = o.add(o.broadcast(query, shape, [0, 1, 3]), o.broadcast(key, shape, [0, 2, 3]));
      const hidden = o.builder.named(o.tanh(sum), "alignment");
      return o.builder.named(o.contract("bqka,na->bnqk", hidden, parameter("v.weight")), "energies");
    }
  }
}
