/** Models whose calls are interleaved: together they have every call, and all that an update may change. */
import type { Compilation } from "../../../compiler/contracts/programs.ts";
import type { ModelDefinition } from "../../../runtime/contract.ts";
import type { LiveModel, TensorInputs } from "../../../runtime/contract-live.ts";
import { compileText } from "../fixture-file.ts";
import { seeded } from "../seeded.ts";
import { streamFactOf } from "../../../runtime/model/stream-fact.ts";

const head = `
specloom: 1
name: interleaved
data: {kind: tensors, file: data.json}
`;

const texts: Readonly<Record<string, string>> = {
  "a decoder with attention, updates of two batches, clipped, averaged": `${head}
inputs:
  source: {shape: [3, 2], lengths: true}
  target: {shape: [3], dtype: int32, vocabulary: 5, lengths: true}
  level: {shape: [1]}
layers:
  - {name: encoder, kind: gru, hidden_size: 3, from: source}
  - {name: decoder, kind: decoder, target: target, cell: {kind: gru, hidden_size: 3}, embedding_dim: 2, initial_state: encoder, attention: {score: general}, init: {kind: normal, deviation: 0.9}}
  - {name: last, kind: last_step, from: encoder}
  - {name: dropped, kind: dropout, p: 0.4}
  - {name: guess, kind: linear, out_features: 1}
loss: [{kind: cross_entropy, input: decoder, target: target}, {kind: mse, input: guess, target: level}]
optimizer: {kind: adam, learning_rate: 0.2}
train: {batch_size: 2, accumulate: 2, clip_grad_norm: 0.5, average: {kind: ema, decay: 0.5}}
decode: {kind: beam, beam_size: 2, max_length: 3}`,
  "a causal transformer": `${head}
inputs:
  before: {shape: [4], dtype: int32, vocabulary: 5}
  after: {shape: [4], dtype: int32, vocabulary: 5}
  level: {shape: [4, 1]}
layers:
  - {name: embedded, kind: embedding, embedding_dim: 2, from: before, init: {kind: normal, deviation: 2}}
  - {name: block, kind: transformer_block, num_heads: 1, ff_size: 2, causal: true, dropout: 0.2}
  - {name: logits, kind: linear, out_features: 5}
  - {name: guess, kind: linear, from: block, out_features: 1}
loss: [{kind: cross_entropy, input: logits, target: after}, {kind: mse, input: guess, target: level}]
optimizer: {kind: sgd, learning_rate: 0.3, momentum: 0.9}
train: {batch_size: 2}
decode: {input: before, output: logits, kind: greedy, max_length: 3}`,
  "labels read off steps, with statistics": `${head}
inputs:
  source: {shape: [4, 2], lengths: true}
  labels: {shape: [2], dtype: int32, vocabulary: 4, lengths: true}
  level: {shape: [4, 1]}
layers:
  - {name: normal, kind: batch_norm, from: source}
  - {name: logits, kind: linear, out_features: 4, init: {kind: normal, deviation: 2}}
  - {name: guess, kind: linear, from: normal, out_features: 1}
loss: [{kind: ctc, input: logits, target: labels, zero_infinity: true}, {kind: mse, input: guess, target: level}]
optimizer: {kind: rmsprop, learning_rate: 0.05}
train: {batch_size: 2, accumulate: 3}
decode: {kind: beam, beam_size: 2}`,
};

export const interleavedModels: readonly (readonly [title: string, compile: () => Compilation])[] = Object.entries(
  texts,
).map(([title, text]) => [title, () => compileText("interleaved.yaml", text)]);

/** Made anew for every call, so that a caller can spoil them. */
export class CallInputs {
  readonly #definition: ModelDefinition;

  constructor({ definition }: Pick<LiveModel, "definition">) {
    this.#definition = definition;
  }

  training(salt: number, count: number): Record<string, Float32Array> {
    return this.#numbers(() => true, salt, count);
  }

  predict(salt: number, count: number): Record<string, Float32Array> {
    return this.#numbers(({ role }) => role === "input", salt, count);
  }

  /** What `decode` takes: all but the tokens that are decoded, or the beginning of them where nothing else is read. */
  decode(salt: number, count: number): TensorInputs {
    const { decode } = this.#definition;
    const written = decode?.from === "tokens" ? decode.input : undefined;
    const inputs = this.#numbers(({ role, name }) => role === "input" && name !== written, salt, count);
    return Object.keys(inputs).length > 0
      ? inputs
      : { [written ?? ""]: [Array.from({ length: count }, () => salt % 5)] };
  }

  /** Undefined where the model cannot be streamed. */
  stream(salt: number): Record<string, Float32Array> | undefined {
    const stream = streamFactOf(this.#definition);
    return stream && this.#numbers(({ name }) => stream.whole.includes(name), salt, 1);
  }

  step(salt: number): Record<string, Float32Array> {
    const stepped = streamFactOf(this.#definition)?.stepped ?? [];
    return Object.fromEntries(stepped.map((name) => [name, Float32Array.of(salt % 5)]));
  }

  /** A loss of which is infinite. */
  huge(salt: number): Record<string, Float32Array> {
    const inputs = this.training(salt, 1);
    inputs["level"]?.fill(1e30);
    return inputs;
  }

  #numbers(
    isWanted: (fact: ModelDefinition["inputs"][number]) => boolean,
    salt: number,
    count: number,
  ): Record<string, Float32Array> {
    const draw = seeded(salt + 1);
    return Object.fromEntries(
      this.#definition.inputs.filter(isWanted).flatMap(({ name, shape, dtype, vocabulary = 1, lengths }) => {
        const size = shape.reduce((product, extent) => product * extent, count);
        const least = this.#definition.decode?.from === "alignment" ? 1 : 0;
        const number = (): number =>
          dtype === "int32" ? least + draw.below(vocabulary - least) : Math.fround(draw.unit() * 4 - 2);
        const own: [string, Float32Array] = [name, Float32Array.from({ length: size }, number)];
        const length = (): number => 1 + draw.below(shape[0] ?? 1);
        return lengths
          ? [own, [`${name}.lengths`, Float32Array.from({ length: count }, length)] as [string, Float32Array]]
          : [own];
      }),
    );
  }
}
