/** Predictions for the examples of a file of tensors, one object or line per example; what a writer writes. */
import type { Hypothesis, ModelDefinition, PredictInputs } from "../../runtime/contract.ts";
import { checkTensors } from "../../runtime/data/tensor-check.ts";
import { readTensorFile } from "../../runtime/data/tensor-file.ts";
import { sizeOf } from "../../runtime/tensor.ts";
import { nested } from "./nested.ts";
import type { PredictionRequest } from "./prediction-input.ts";
import { lossesOf } from "./spec-facts.ts";

/** Whether a model writes from nothing: it reads its own tokens alone, as a causal transformer without an encoder does. */
export function isWriter({ decode, inputs }: ModelDefinition): boolean {
  return decode?.from === "tokens" && inputs.every(({ role, name }) => role === "target" || name === decode.input);
}

/** What a model writes that reads nothing. */
export async function predictWritten({ session, live }: Pick<PredictionRequest, "session" | "live">): Promise<void> {
  const [decoded = []] = await live.decode({});
  const found = { example: 1, ...bestOf(decoded) };
  session.emit({ ...found, decoded, outputs: {} });
  if (!session.json) session.print(JSON.stringify(found));
}

export async function predictTensors({ session, subject, live, input }: PredictionRequest): Promise<void> {
  const { definition } = subject.handle;
  const { decode } = definition;
  // What the model decodes it writes itself.
  const written = decode?.from === "tokens" ? decode.input : undefined;
  const wanted = definition.inputs.filter(({ role, name }) => role === "input" && name !== written);
  const targets = definition.inputs
    .filter(({ role, name }) => role === "target" || name === written)
    .map(({ name }) => name);
  const file = await readTensorFile(input.path, input.files);
  // The file that a model was trained on is welcome here too: what it was to predict is not looked at.
  const isTarget = (name: string): boolean =>
    targets.includes(name) || targets.includes(name.replace(/\.lengths$/, ""));
  const unused = [...file.tensors.keys()].filter(isTarget);
  if (unused.length > 0) session.note(`not needed to predict, and not read: ${unused.join(", ")}`);
  const needed = { ...file, tensors: new Map([...file.tensors].filter(([name]) => !isTarget(name))) };
  const { count, tensors } = checkTensors(needed, wanted, {});
  const decoded = decode === undefined ? undefined : await live.decode(tensors);
  const outputs: Readonly<Record<string, Float32Array>> =
    written === undefined ? await live.predict(tensors as PredictInputs<ModelDefinition>) : {};

  const classified = classOutput(definition);
  for (let example = 0; example < count; example += 1) {
    const of = (name: string, shape: readonly number[]): unknown => {
      const size = sizeOf(shape);
      return nested(outputs[name]?.subarray(example * size, (example + 1) * size), shape);
    };
    const present = definition.outputs.filter(({ name }) => outputs[name] !== undefined);
    const values = Object.fromEntries(present.map(({ name, shape }) => [name, of(name, shape)]));
    const scores = classified === undefined ? undefined : values[classified];
    const predicted = Array.isArray(scores) ? scores.indexOf(Math.max(...(scores as number[]))) : undefined;
    const found = {
      example: example + 1,
      ...(predicted === undefined ? {} : { class: predicted }),
      ...bestOf(decoded?.[example] ?? []),
    };
    session.emit({ ...found, ...(decoded === undefined ? {} : { decoded: decoded[example] }), outputs: values });
    if (!session.json) session.print(JSON.stringify({ ...found, ...values }));
  }
}

function bestOf([best]: readonly Hypothesis[]): { readonly tokens?: readonly number[]; readonly score?: number } {
  return best === undefined ? {} : { tokens: best.tokens, score: best.score };
}

/** The output whose largest score is the class, where an example has one class. */
function classOutput(definition: ModelDefinition): string | undefined {
  const loss = lossesOf(definition).find(({ kind }) => kind === "cross_entropy" || kind === "nll");
  const target = definition.inputs.find(({ name }) => name === loss?.target);
  const output = definition.outputs.find(({ name }) => name === loss?.input);
  return target?.dtype === "int32" && target.shape.length === 0 && output?.shape.length === 1 ? output.name : undefined;
}
