import type { Node } from "../ir/graph.ts";
import { lengthMask } from "../layers/softmax.ts";
import type { Operations } from "../ops/define.ts";
import { defineLoss } from "./define.ts";

interface CtcConfig {
  readonly blank: number;
  readonly reduction: "mean" | "sum";
  readonly zero_infinity: boolean;
}

/**
 * The log of probability 0: lower than any path's, and finite, so that differences stay numbers. A
 * power of two, since float32 and float64 must hold the same: where one kernel rounds, exp of the difference is not 0.
 */
const impossible = -(2 ** 100);

/**
 * Connectionist temporal classification: -log of the summed probability of every path of T labels and blanks that reads as
 * the target once repeats are joined and blanks dropped.
 *
 * Input: logits `[B, T, V]`; the log softmax over V is part of the loss, so this is PyTorch's `F.ctc_loss` of
 * `log_softmax(logits)`. Target: labels `[B, L]`, int32, none of them `blank`; what lies beyond a length is not read. A mean
 * divides each loss by its target's length (at least 1) and averages over the examples, as PyTorch does.
 *
 * A target longer than its input allows (L plus one blank between equal neighbours) has probability 0. The runtime refuses
 * such an example before the step; with `zero_infinity` its loss and its gradient are 0. (Without the runtime's check the
 * loss would be 2^100, where PyTorch has infinity.)
 */
export const ctc = defineLoss<CtcConfig>({
  kind: "ctc",
  summary: "Connectionist temporal classification: labels without their places in time.",
  formula: "-log sum over paths p that read as y of prod_t softmax(x_t)_{p_t}",
  source: "torch.nn.functional.ctc_loss on log_softmax(x); Graves, Fernandez, Gomez, Schmidhuber 2006",
  keys: {
    blank: { type: "integer", minimum: 0, default: 0, description: "The class that stands for no label." },
    zero_infinity: {
      type: "boolean",
      default: false,
      description: "Whether a target too long for its input counts as loss 0 instead of being an error.",
    },
  },
  check: ({ blank }, { input, target }) => {
    if (!input.time || input.shape.length !== 2) {
      return {
        at: "input",
        expected: "logits [B, T, classes]",
        help: "end the model in a linear layer that keeps its time axis",
      };
    }
    if (target.dtype !== "int32" || target.shape.length !== 1 || target.shape[0] === 0) {
      return {
        at: "target",
        expected: "an int32 target [B, L] of labels",
        help: "declare the target with shape: [labels], dtype: int32 and lengths: true",
      };
    }
    const classes = input.shape[1] as number;
    if (blank >= classes) {
      return {
        key: "blank",
        expected: `one of the ${classes} classes of the input's last axis`,
        help: `set blank to 0 .. ${classes - 1}`,
      };
    }
    if (target.vocabulary !== undefined && target.vocabulary > classes) {
      return {
        at: "input",
        expected: `at least ${target.vocabulary} classes in the input's last axis, which has ${classes}`,
        help: `set out_features of the last linear layer to ${target.vocabulary}, one of which is the blank`,
      };
    }
    return undefined;
  },
  aligns: ({ blank, zero_infinity }) => ({ blank, mustFit: !zero_infinity }),
  elements: (o, config, input, target, lengths): Node => {
    const name = (node: Node, label: string): Node => o.builder.named(node, label);
    const [batch, steps, classes] = input.shape as [number, number, number];
    const most = target.shape[1] as number;
    const count = lengths.target ?? o.constant(most, [batch]);
    const inside = lengthMask(o, lengths.input ?? o.constant(steps, [batch]), steps);
    const zero = o.constant(0);

    // A padded step may hold anything, so it is emptied before anything is computed of it.
    const logits = name(o.select(o.broadcast(inside, input.shape, [0, 1]), input, zero), "logits");
    const states = name(statesOf(o, target, count, config.blank), "state_labels");
    const stateCount = states.shape[1] as number;
    const oneHot = [batch, stateCount, classes];
    const isLabel = name(o.equal(o.iota(oneHot, 2), o.broadcast(states, oneHot, [0, 1])), "is_label");
    const gathered = name(o.contract("btv,bsv->tbs", logits, isLabel), "label_logits");

    // Counted from the likeliest of the target's labels at each step, path scores stay small, so float32 keeps them exact
    // over thousands of steps. What is taken out is added to the result, and so has no gradient here.
    const likeliest = name(o.stopGradient(o.max(gathered, [2])), "likeliest");
    const emissions = name(o.subtract(gathered, o.broadcast(likeliest, gathered.shape, [0, 1])), "emissions");
    const normaliser = name(logSumExp(o, logits, "logit"), "normaliser");
    const shifts = o.subtract(o.transpose(likeliest, [1, 0]), normaliser);
    const shift = name(o.sum(o.select(inside, shifts, zero), [1]), "shift");

    const score = name(pathScore(o, emissions, states, count, config.blank, inside), "path_score");
    const loss = o.negate(o.add(score, shift));
    const possible = o.greater(score, o.constant(impossible / 2, [batch]));
    const finite = config.zero_infinity ? o.select(possible, loss, zero) : loss;
    return config.reduction === "sum" ? finite : o.divide(finite, o.maximum(count, o.constant(1, [batch])));
  },
  examples: [
    { config: { zero_infinity: true }, input: [5, 4], target: [2], targetKind: "labels" },
    { config: { blank: 2, zero_infinity: true }, input: [4, 3], target: [3], targetKind: "labels" },
  ],
});

/** Blank, label, blank, label, ..., blank: `[B, 2L + 1]`, blanks beyond the target's length. */
function statesOf(o: Operations, target: Node, count: Node, blank: number): Node {
  const [batch, most] = target.shape as [number, number];
  const labels = o.select(lengthMask(o, count, most), target, o.constant(blank));
  const pairs = o.reshape(o.pad(o.reshape(labels, [batch, most, 1]), 2, 1, 0), [batch, 2 * most]);
  const spread = o.pad(pairs, 1, 0, 1);
  return o.select(isOdd(o, spread.shape), spread, o.constant(blank));
}

/** 1 at the odd positions of the last axis of `[B, S]`: those of labels. */
function isOdd(o: Operations, shape: readonly number[]): Node {
  const half = o.multiply(o.iota(shape, 1), o.constant(0.5));
  return o.notEqual(o.floor(half), half);
}

/**
 * Log of the summed score of all paths, `[B]`: the forward variables of the paper, one step of time after the other.
 * @param emissions `[T, B, S]`
 * @param inside `[B, T]`
 */
function pathScore(o: Operations, emissions: Node, states: Node, count: Node, blank: number, inside: Node): Node {
  const [steps] = emissions.shape as [number];
  const shape = states.shape;
  const [, stateCount] = shape as [number, number];
  const position = o.iota(shape, 1);
  const zero = o.constant(0, shape);
  const never = o.constant(impossible, shape);
  /** The value `by` states before; where there is none, `otherwise`. */
  const before = (node: Node, by: number, otherwise: Node): Node =>
    o.select(
      o.greaterEqual(position, o.constant(by, shape)),
      o.pad(o.slice(node, 1, 0, stateCount - by), 1, by, 0),
      otherwise,
    );
  // A label may follow the label before it directly, unless they are equal: those need a blank between them.
  const differs = o.notEqual(states, before(states, 2, states));
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const maySkip = name(o.multiply(differs, o.notEqual(states, o.constant(blank, shape))), "may_skip");

  // Before the first step the path stands on the first blank, from which both the blank and the first label are reached.
  const start = name(o.select(o.equal(position, zero), zero, never), "initial_score");
  const { carries } = o.scan({
    length: steps,
    initial: [start],
    slices: [emissions, o.transpose(inside, [1, 0])],
    body: ([score], [emission, visible]) => {
      const stay = score as Node;
      const advance = name(before(stay, 1, never), "advancing");
      const skip = name(o.select(maySkip, before(stay, 2, never), never), "skipping");
      const largest = name(o.stopGradient(o.maximum(stay, o.maximum(advance, skip))), "largest_score");
      const exponential = (one: Node, label: string): Node => name(o.exp(o.subtract(one, largest)), label);
      const staying = exponential(stay, "staying_exponential");
      const moving = o.add(exponential(advance, "advancing_exponential"), exponential(skip, "skipping_exponential"));
      const total = name(o.add(staying, moving), "exponential_sum");
      const next = o.add(o.add(largest, o.log(total)), emission as Node);
      const seen = o.broadcast(visible as Node, shape, [0]);
      return { carries: [name(o.select(seen, next, stay), "score")], outputs: [] };
    },
  });

  // A path ends on the last label or on the blank behind it.
  const last = o.broadcast(o.multiply(count, o.constant(2)), shape, [0]);
  const ends = name(
    o.multiply(o.lessEqual(position, last), o.greaterEqual(position, o.subtract(last, o.constant(1, shape)))),
    "is_end",
  );
  return logSumExp(o, name(o.select(ends, carries[0] as Node, never), "end_scores"), "end_score");
}

/**
 * log sum exp over the last axis.
 * @param what of which the values are, for readers
 */
function logSumExp(o: Operations, values: Node, what: string): Node {
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const axis = values.shape.length - 1;
  const leading = values.shape.slice(0, axis).map((_, position) => position);
  const largest = name(o.stopGradient(o.max(values, [axis])), `largest_${what}`);
  const shifted = o.subtract(values, o.broadcast(largest, values.shape, leading));
  const exponentials = name(o.exp(shifted), `${what}_exponentials`);
  return o.add(largest, o.log(name(o.sum(exponentials, [axis]), `${what}_exponential_sum`)));
}
