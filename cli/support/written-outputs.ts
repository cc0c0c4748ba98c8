/** The outputs of a model along the tokens that it wrote. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { TokenDecodeFact } from "@specloom/runtime/internal/contract";
import type { Hypothesis, LiveModel } from "@specloom/runtime/internal/contract-live";
import { exampleOf, type DecodedExample } from "@specloom/runtime/internal/model/decoded-examples";
import { shapeOfExample } from "@specloom/runtime/internal/model/sequence-steps";
import { streamFactOf } from "@specloom/runtime/internal/model/stream-fact";
import { isDetermined, predictedInputs, withStandIns } from "@specloom/runtime/internal/model/stand-ins";
import { nested, type Nested } from "./nested.ts";
import { lengthsOf, withoutLengths } from "@specloom/runtime/internal/shared/names";

export class WrittenOutputs {
  readonly #live: LiveModel;
  readonly #decode: TokenDecodeFact;
  readonly #inputs: Readonly<Record<string, Float32Array>>;
  /** Outputs that could not be given, and for how many examples. */
  readonly #left = new Map<string, number>();

  /** @param inputs what was decoded: tensors of all examples */
  constructor(live: LiveModel, decode: TokenDecodeFact, inputs: Readonly<Record<string, Float32Array>>) {
    this.#live = live;
    this.#decode = decode;
    this.#inputs = inputs;
  }

  /**
   * Outputs with time have one row per token that was written, that of the end included: what the model gave when it chose
   * the token. Others are what `predict` gives of all the tokens; where these are more than the model's sequences have, null
   * unless the output does not depend on them.
   */
  async along(
    index: number,
    example: DecodedExample,
    hypothesis: Hypothesis | undefined,
  ): Promise<Record<string, Nested>> {
    if (hypothesis === undefined) return {};
    const { definition } = this.#live;
    const { tokens, complete } = hypothesis;
    // The last token is chosen, not read; the token of the end is chosen after it.
    const read = [...example.prompt, ...tokens].slice(0, complete ? undefined : -1);
    const stream = streamFactOf(definition);
    const stepwise = definition.outputs.filter(({ name }) => stream?.outputs.includes(name));
    const others = definition.outputs.filter((output) => !stepwise.includes(output));
    const rows = stepwise.length === 0 ? [] : await this.#rows(example, read);
    const given = stepwise.map(({ name, shape }) => {
      const values = rows.slice(example.prompt.length - 1).map((row) => nested(memberOf(row, name), shape.slice(1)));
      return [name, this.#isGiven(name) ? values : null] as const;
    });
    const {
      fits,
      values: whole,
      given: taken,
    } = others.length === 0 ? { fits: true, values: {}, given: {} } : await this.#whole(index, read, hypothesis);
    const rest = others.map((output) => {
      const { name } = output;
      const isKnown = this.#isGiven(name) && (fits || this.#decode.independent.includes(name));
      const values = isKnown ? memberOf(whole, name) : undefined;
      if (values === undefined && this.#isGiven(name)) this.#left.set(name, (this.#left.get(name) ?? 0) + 1);
      return [name, values === undefined ? null : nested(values, shapeOfExample(output, taken, 0))] as const;
    });
    const byName = new Map<string, Nested>([...given, ...rest]);
    return Object.fromEntries(definition.outputs.map(({ name }) => [name, byName.get(name) ?? null]));
  }

  /** Whether all that an output depends on was given, or written. */
  #isGiven(name: string): boolean {
    const { definition } = this.#live;
    const output = definition.outputs.find((one) => one.name === name);
    return output !== undefined && isDetermined(output, definition, [...Object.keys(this.#inputs), this.#decode.input]);
  }

  /** What a user should know of outputs that are null. */
  notes(): readonly string[] {
    const long = [...this.#left].map(
      ([name, count]) =>
        `${name} of ${String(count)} ${count === 1 ? "example" : "examples"} is null: it needs all the tokens at once, ` +
        "and there are more of them than the model's sequences have",
    );
    const lacking = this.#live.definition.outputs.filter(({ name }) => !this.#isGiven(name));
    return [...long, ...lacking.map(({ name }) => `${name} is null: not all that it depends on was given`)];
  }

  async #rows({ whole }: DecodedExample, read: readonly number[]): Promise<readonly Record<string, Float32Array>[]> {
    const stream = await this.#live.stream(whole);
    const rows: Record<string, Float32Array>[] = [];
    for (const token of read) rows.push(await stream.step({ [this.#decode.input]: [token] }));
    return rows;
  }

  /** `predict` of the tokens as a file would hold them, with `<pad>` behind; of the first of them where not all fit. */
  async #whole(
    index: number,
    read: readonly number[],
    { tokens, complete }: Hypothesis,
  ): Promise<{
    readonly fits: boolean;
    readonly values: Readonly<Record<string, Float32Array>>;
    readonly given: Readonly<Record<string, Float32Array>>;
  }> {
    const { definition } = this.#live;
    const { input: name, eos, putsBos } = this.#decode;
    const fact = definition.inputs.find((input) => input.name === name);
    const [steps = 0] = fact?.shape ?? [];
    const all = putsBos ? [...tokens, ...(complete ? [eos] : [])] : read;
    const held = all.slice(0, steps);
    const padded = new Float32Array(steps);
    padded.set(held);
    const lengths = fact?.lengths === true ? { [lengthsOf(name)]: Float32Array.of(held.length) } : {};
    const isOther = ([given]: readonly [string, unknown]): boolean => withoutLengths(given) !== name;
    const others = Object.entries(this.#inputs).filter(isOther);
    const given = exampleOf(definition, Object.fromEntries(others), index);
    const taken = withStandIns({ ...given, [name]: padded, ...lengths }, predictedInputs(definition), 1);
    const values = await this.#live.predict(taken);
    return { fits: all.length <= steps, values, given: taken };
  }
}
