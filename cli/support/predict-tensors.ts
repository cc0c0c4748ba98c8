/** Predictions for the examples of a file of tensors, one object or line per example. */
import { memberOf } from "../../compiler/support/plain.ts";
import { jsonText } from "../../compiler/support/visible-text.ts";
import type { Hypothesis, ModelDefinition, PredictInputs } from "../../runtime/contract.ts";
import { checkTensors } from "../../runtime/data/tensor-check.ts";
import { readTensorFile, type TensorFile } from "../../runtime/data/tensor-file.ts";
import { sizeOf } from "../../runtime/tensor.ts";
import { nested } from "./nested.ts";
import type { GivenInput, PredictionRequest } from "./prediction-input.ts";
import type { Session } from "./session.ts";
import { lossesOf } from "./spec-facts.ts";

export async function predictTensors({ session, subject, live, input }: PredictionRequest): Promise<void> {
  const { definition } = subject.handle;
  const wanted = definition.inputs.filter(({ role }) => role === "input");
  const targets = definition.inputs.filter(({ role }) => role === "target").map(({ name }) => name);
  const { count, tensors } = await checkTensors(await readNeeded(session, input, targets), wanted, {});
  const decoded = definition.decode === undefined ? undefined : await live.decode(tensors);
  const outputs: Readonly<Record<string, Float32Array>> = await live.predict(tensors as PredictInputs<ModelDefinition>);

  const classified = classOutput(definition);
  for (let example = 0; example < count; example += 1) {
    const of = (name: string, shape: readonly number[]): unknown => {
      const size = sizeOf(shape);
      return nested(memberOf(outputs, name)?.subarray(example * size, (example + 1) * size), shape);
    };
    const values = Object.fromEntries(definition.outputs.map(({ name, shape }) => [name, of(name, shape)]));
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
  const isNeeded = (name: string): boolean => !unneeded.includes(name.replace(/\.lengths$/, ""));
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
  const loss = lossesOf(definition).find(({ kind }) => kind === "cross_entropy" || kind === "nll");
  const target = definition.inputs.find(({ name }) => name === loss?.target);
  const output = definition.outputs.find(({ name }) => name === loss?.input);
  return target?.dtype === "int32" && target.shape.length === 0 && output?.shape.length === 1 ? output.name : undefined;
}
