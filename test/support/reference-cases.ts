/** The reference runs of test/fixtures/reference: whole trajectories of four models that PyTorch trained. */
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
interface OneBatchFixture extends Fixture {
  readonly data: TensorTexts;
  readonly training: { readonly steps: number };
}
interface TokensFixture extends OneBatchFixture {
  readonly float32: FixtureRun & { readonly extra_final: { readonly greedy: TensorText } };
}

const longest = 7;
const a = readFixture<SequencesFixture>("reference/a_seed_seq2seq.json");
const b = readFixture<BatchesFixture>("reference/b_lstm_additive_pool.json");
const f = readFixture<OneBatchFixture>("reference/f_causal_transformer.json");
const g = readFixture<TokensFixture>("reference/g_luong.json");

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

function comparisonOfF(precision: Precision): Comparison {
  return {
    run: f[precision],
    tolerance: f.tolerance[precision],
    batches: new Array<Tensors>(f.training.steps).fill(flatAll(f.data)),
    names: { logits: "out", attention: "block.weights" },
  };
}

/** Our names of all parameters of g, by what their names begin with. */
function namesIn(layers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const parameters = Object.keys(g.init).map((name) => {
    const [layer] = Object.entries(layers).find(([prefix]) => name.startsWith(prefix)) ?? [""];
    return [name, name.replace(layer, layers[layer] ?? "")] as const;
  });
  return Object.fromEntries(parameters);
}

const encoderOfG = { "encoder.emb.": "source_vectors.", "encoder.lstm.": "encoder." };
const namesOfLayers = {
  ...namesIn({ ...encoderOfG, "dec_emb.": "target_vectors.", "dec_lstm.": "states." }),
  logits: "out",
  attention: "attention.weights",
};
const namesOfDecoder = {
  ...namesIn({
    ...encoderOfG,
    "dec_emb.": "decoder.embedding.",
    "dec_lstm.": "decoder.cell.",
    "combine.": "decoder.combine.",
    "out.": "decoder.out.",
  }),
  logits: "decoder",
  attention: "decoder.attention",
};

/** The padding of the source must not be looked at, and of the tokens nothing but what is read. */
function comparisonOfG(precision: Precision): Comparison {
  const { source_lengths: lengths, ...data } = flatAll(g.data);
  const batch = { ...data, "source.lengths": lengths ?? [] };
  return {
    run: g[precision],
    tolerance: g.tolerance[precision],
    batches: new Array<Tensors>(g.training.steps).fill(batch),
    names: namesOfLayers,
  };
}

/** Here the token after the last is read as well, which the reference has as padding: no loss sees what follows. */
function comparisonOfDecoder(precision: Precision): Comparison {
  const { batches, ...comparison } = comparisonOfG(precision);
  const target = flat(g.data["target"] as TensorText);
  const isToken = (width: number) => (cell: number) => target[Math.floor(cell / width)] !== 0;
  return {
    ...comparison,
    batches: batches.map(({ decoder_input: given, ...batch }) => (given === undefined ? {} : batch)),
    names: namesOfDecoder,
    compared: { decoder: isToken(9), "decoder.attention": isToken(6) },
  };
}

/** Greedily decoded after training, up to and without the token of the end. */
function greedyOfG(): readonly (readonly number[])[] {
  const { shape, data } = g.float32.extra_final.greedy;
  const cells = Array.from(flat({ shape, data, dtype: "int64" }));
  const [count = 0, steps = 0] = shape;
  return Array.from({ length: count }, (_, row) => {
    const tokens = cells.slice(row * steps, (row + 1) * steps);
    return tokens.includes(2) ? tokens.slice(0, tokens.indexOf(2)) : tokens;
  });
}

function renamed(names: Readonly<Record<string, string>>): Tensors {
  return Object.fromEntries(Object.entries(flatAll(g.init)).map(([name, values]) => [names[name] ?? name, values]));
}

const initialOfB = Object.fromEntries(
  Object.entries(flatAll(b.init)).map(([name, values]) => [
    name.replace(/^att_w\./, "pool.W.").replace(/^att_v\./, "pool.v."),
    values,
  ]),
);

export interface Reference {
  readonly title: string;
  readonly spec: string;
  readonly initial: Tensors;
  readonly comparisonOf: (precision: Precision) => Comparison;
  /** What is decoded greedily after the training. */
  readonly greedy?: readonly (readonly number[])[];
}

export const references: readonly Reference[] = [
  { title: "a, all lengths in one module", spec: "a", initial: flatAll(a.init), comparisonOf: comparisonOfA },
  { title: "a, the first sequence", spec: "a-four-steps", initial: flatAll(a.init), comparisonOf: comparisonOfFirst },
  { title: "b", spec: "b", initial: initialOfB, comparisonOf: comparisonOfB },
  { title: "f", spec: "f", initial: flatAll(f.init), comparisonOf: comparisonOfF },
  {
    title: "g, layer by layer",
    spec: "g",
    initial: renamed(namesOfLayers),
    comparisonOf: comparisonOfG,
    greedy: greedyOfG(),
  },
  {
    title: "g, a decoder layer",
    spec: "g-decoder",
    initial: renamed(namesOfDecoder),
    comparisonOf: comparisonOfDecoder,
    greedy: greedyOfG(),
  },
];
