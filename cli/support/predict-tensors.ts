/** Predictions for the examples of a file of tensors, one object or line per example. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import type { InputFact, ModelDefinition, OutputFact } from "@specloom/runtime/internal/contract";
import type { Hypothesis } from "@specloom/runtime/internal/contract-live";
import { checkTensors } from "../data/tensor-check.ts";
import { readTensorFile, type TensorFile } from "../data/tensor-file.ts";
import { shapeOfExample } from "@specloom/runtime/internal/model/sequence-steps";
import { isDetermined, predictedInputs, withStandIns } from "@specloom/runtime/internal/model/stand-ins";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import { nested } from "./nested.ts";
import type { GivenInput, PredictionRequest } from "../data-kinds/define.ts";
import type { Session } from "./session.ts";
import { lengthsOf, withoutLengths } from "@specloom/runtime/internal/shared/names";

export async function predictTensors({ session, subject, live, input }: PredictionRequest): Promise<void> {
  const { definition } = subject.handle;
  const predicted = predictedInputs(definition);
  const isPredicted = (name: string): boolean => predicted.some((one) => one.name === name);
  const unneeded = definition.inputs.map(({ name }) => name).filter((name) => !isPredicted(name));
  const file = await readNeeded(session, input, unneeded);
  const { wanted, optional } = wantedOf(file, definition, { needs: definition.decode?.needs });
  const { count, tensors } = await checkTensors(file, wanted, {}, optional);
  const decoded = definition.decode === undefined ? undefined : await live.decode(tensors);
  const all = withStandIns(tensors, predicted, count);
  const outputs: Readonly<Record<string, Float32Array>> = await live.predict(all);
  const isGiven = (output: OutputFact): boolean => isDetermined(output, definition, Object.keys(tensors));

  const classified = classOutput(definition);
  for (let example = 0; example < count; example += 1) {
    const of = (output: OutputFact): unknown => {
      const size = sizeOf(output.shape);
      const values = memberOf(outputs, output.name)?.subarray(example * size, (example + 1) * size);
      return nested(values, shapeOfExample(output, all, example));
    };
    const values = Object.fromEntries(
      definition.outputs.map((output) => [output.name, isGiven(output) ? of(output) : null]),
    );
    const scores = classified === undefined ? undefined : memberOf(values, classified);
    const predicted = Array.isArray(scores) ? scores.indexOf(Math.max(...(scores as number[]))) : undefined;
    const found = {
      example: example + 1,
      ...(predicted === undefined ? {} : { class: predicted }),
      ...bestOf(decoded?.[example] ?? []),
    };
    session.emit({ ...found, ...(decoded === undefined ? {} : { decoded: decoded[example] }), outputs: values });
    if (!session.json) session.print(jsonText({ ...found, ...values }));
  }
  const missing = predicted.map(({ name }) => name).filter((name) => memberOf(tensors, name) === undefined);
  for (const { name } of definition.outputs.filter((output) => !isGiven(output))) {
    session.note(`${name} is null: it depends on ${missing.join(", ")}, which ${input.path} does not hold`);
  }
}

/**
 * What is read of a file, and what it may hold or not.
 * @param given.needs what is decoded depends on; undefined: on nothing, and `predict` takes everything
 * @param given.without the tokens that the model writes itself
 */
export function wantedOf(
  { tensors }: TensorFile,
  definition: ModelDefinition,
  { needs, without }: { readonly needs?: readonly string[] | undefined; readonly without?: string },
): { readonly wanted: readonly InputFact[]; readonly optional: readonly string[] } {
  const predicted = predictedInputs(definition);
  const readable = definition.inputs.filter(
    (input) => input.name !== without && (predicted.includes(input) || needs?.includes(input.name) === true),
  );
  const isWanted = ({ name }: InputFact): boolean => needs?.includes(name) !== false || tensors.has(name);
  const left = readable.filter((input) => !isWanted(input));
  return {
    wanted: readable.filter(isWanted),
    optional: left.flatMap(({ name, lengths }) => (lengths ? [name, lengthsOf(name)] : [name])),
  };
}

/**
 * The file without what it holds beside the inputs: the one that a model was trained on is welcome to predict from.
 * @param unneeded what the model was to predict, or writes itself
 */
export async function readNeeded(
  session: Session,
  { path, files }: GivenInput,
  unneeded: readonly string[],
): Promise<TensorFile> {
  const file = await readTensorFile(path, files);
  const isNeeded = (name: string): boolean => !unneeded.includes(withoutLengths(name));
  const unread = [...file.tensors.keys()].filter((name) => !isNeeded(name));
  // Nothing else: then it is another file, and what it holds belongs into the message.
  if (unread.length === file.tensors.size) return file;
  if (unread.length > 0) session.note(`not needed to predict, and not read: ${unread.join(", ")}`);
  return { ...file, tensors: new Map([...file.tensors].filter(([name]) => isNeeded(name))) };
}

/** The best hypothesis, as it is printed; `complete` says whether it ended by itself. */
export function bestOf([best]: readonly Hypothesis[]): Partial<Hypothesis> {
  return best === undefined ? {} : { tokens: best.tokens, score: best.score, complete: best.complete };
}

/** The output whose largest score is the class, where an example has one class. */
function classOutput(definition: ModelDefinition): string | undefined {
  const loss = definition.losses.find(({ classes }) => classes === true);
  const target = definition.inputs.find(({ name }) => name === loss?.target);
  const output = definition.outputs.find(({ name }) => name === loss?.input);
  return target?.dtype === "int32" && target.shape.length === 0 && output?.shape.length === 1 ? output.name : undefined;
}
