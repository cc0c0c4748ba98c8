/** The reference runs of test/fixtures/reference: whole trajectories of two models that PyTorch trained. */
import type { Comparison } from "./compare-run.ts";
import type { Fixture, FixtureRun, Precision, TensorText, TensorTexts } from "./fixture-file.ts";
import { flat, flatAll, readFixture, rows } from "./fixture-file.ts";
import type { Tensors } from "./interpreted-model.ts";

interface SequencesFixture extends Fixture {
  readonly data: { readonly sequences: readonly { readonly x: TensorText; readonly y: TensorText }[] };
  readonly training: { readonly epochs: number };
}
interface BatchesFixture extends Fixture {
  readonly data: TensorTexts;
  readonly training: { readonly steps: number; readonly batch: number; readonly batches: number };
}

const longest = 7;
const a = readFixture<SequencesFixture>("reference/a_seed_seq2seq.json");
const b = readFixture<BatchesFixture>("reference/b_lstm_additive_pool.json");

const namesOfA = {
  prediction_0: "fc",
  attention_0: "attention.weights",
  h_0: "lstm.final_state",
  c_0: "lstm.final_cell",
};

function padded(tensor: TensorText): Float64Array {
  // Beyond the length stands a number that must not matter.
  const values = new Float64Array(longest).fill(0.75);
  values.set(flat(tensor));
  return values;
}

/** One sequence per update, in order, no shuffling; the curve has the mean of each epoch. */
function comparisonOfA(precision: Precision): Comparison {
  const { sequences } = a.data;
  const batches = sequences.map(({ x, y }): Tensors => ({
    x: padded(x),
    y: padded(y),
    "x.lengths": [x.shape[0] ?? 0],
  }));
  return {
    run: a[precision],
    tolerance: a.tolerance[precision],
    batches: Array.from({ length: a.training.epochs }, () => batches).flat(),
    reportEvery: batches.length,
    names: namesOfA,
    cut: ["fc", "attention.weights"],
  };
}

/** The first sequence alone and one update, in a module of exactly its length. */
function comparisonOfFirst(precision: Precision): Comparison {
  const { x, y } = a.data.sequences[0] as { readonly x: TensorText; readonly y: TensorText };
  const { loss, forward, grads, after_one_step } = a[precision];
  const once: FixtureRun = { loss, forward, grads, after_one_step, loss_curve: [loss], final: after_one_step };
  const tolerance = a.tolerance[precision];
  return {
    run: once,
    tolerance: { ...tolerance, final: tolerance.after_one_step },
    batches: [{ x: flat(x), y: flat(y) }],
    names: namesOfA,
  };
}

function comparisonOfB(precision: Precision): Comparison {
  const { batch, batches, steps } = b.training;
  return {
    run: b[precision],
    tolerance: b.tolerance[precision],
    batches: Array.from({ length: steps }, (_, step) => {
      const start = (step % batches) * batch;
      return rows(b.data, start, start + batch);
    }),
    names: {
      "att_w.": "pool.W",
      "att_v.": "pool.v",
      prediction: "fc",
      attention: "pool.weights",
      context: "pool",
    },
  };
}

const initialOfB = Object.fromEntries(
  Object.entries(flatAll(b.init)).map(([name, values]) => [
    name.replace(/^att_w\./, "pool.W.").replace(/^att_v\./, "pool.v."),
    values,
  ]),
);

export const references = [
  { title: "a, all lengths in one module", spec: "a", initial: flatAll(a.init), comparisonOf: comparisonOfA },
  { title: "a, the first sequence", spec: "a-four-steps", initial: flatAll(a.init), comparisonOf: comparisonOfFirst },
  { title: "b", spec: "b", initial: initialOfB, comparisonOf: comparisonOfB },
];
