/** What commands need of a resolved spec: its losses and metrics as types, and its data. */
import type { Document } from "../../compiler/contracts/document.ts";
import { isRecord } from "../../compiler/support/plain.ts";
import { memberOf } from "../../runtime/shared/member-of.ts";
import type { ModelDefinition, ModelFacts } from "../../runtime/contract.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { FileReader } from "../../runtime/data/byte-source.ts";
import { loadDataset } from "../../runtime/data/load.ts";
import { metricNamed } from "../../runtime/metrics/index.ts";
import { checkAlignments } from "../../runtime/model/alignments.ts";
import { ignoredClass, quantileLevels } from "../../runtime/model/loss.ts";
import { exampleText } from "../../runtime/tensor.ts";
import { aboutSpec } from "./faults.ts";

export interface LossFact {
  readonly kind: string;
  /** Name of the layer's output that is compared. */
  readonly input: string;
  readonly target: string;
}

export function lossesOf(definition: ModelFacts): readonly LossFact[] {
  const { loss } = definition.spec;
  const list: readonly unknown[] = Array.isArray(loss) ? loss : [loss];
  return list.filter(isRecord).map(({ kind, input, target }) => ({
    kind: String(kind),
    input: String(input),
    target: String(target),
  }));
}

export function metricsOf(definition: ModelFacts): readonly string[] {
  const { metrics } = definition.spec;
  return Array.isArray(metrics) ? metrics.map(String) : [];
}

/** Whether a decoder layer writes an input: it reads `bos` and what follows by itself, so the input starts with the first token. */
export function putsBosItself(definition: ModelDefinition, input: string): boolean {
  const isDecoder = (layer: unknown): boolean =>
    isRecord(layer) && ((layer["kind"] === "decoder" && layer["target"] === input) || hasDecoder(layer["layers"]));
  const hasDecoder = (layers: unknown): boolean => Array.isArray(layers) && layers.some(isDecoder);
  return hasDecoder(definition.spec["layers"]);
}

/** Whether each of a target's labels belongs to one prediction; those of ctc lie anywhere in the input. */
export function hasPlaces(definition: ModelFacts, target: string): boolean {
  return definition.alignments?.some((alignment) => alignment.target === target) !== true;
}

/** Metrics score classes, numbers (of quantiles the median), or the levels of quantiles. */
export function metricSuits(definition: ModelFacts, loss: Pick<LossFact, "input" | "target">, metric: string): boolean {
  if (!hasPlaces(definition, loss.target)) return false;
  const fact = definition.inputs.find(({ name }) => name === loss.target);
  const { of } = metricNamed(metric);
  if ((of === "classes") !== (fact?.dtype === "int32")) return false;
  if (of === "quantiles") return quantileLevels(definition, loss) !== undefined;
  return of === "classes" || hasForecast(definition, loss);
}

/** Whether a loss reads one number per target: quantiles without the median are none that is the forecast. */
export function hasForecast(definition: ModelFacts, loss: Pick<LossFact, "input" | "target">): boolean {
  return quantileLevels(definition, loss)?.includes(0.5) !== false;
}

/** A spec whose data is read: compiled already, or only checked. */
export interface DataSubject {
  readonly handle: { readonly definition: ModelFacts };
  readonly files: FileReader;
  readonly document?: Document;
}

/** The data of the spec, ready for the model. @param scaler stored with trained weights; else one is fitted */
export async function loadData(subject: DataSubject, scaler?: unknown): Promise<Dataset> {
  const { definition } = subject.handle;
  const { data } = definition.spec;
  const ignored = lossesOf(definition).flatMap(({ target }) => {
    const skipped = ignoredClass(definition, target);
    return skipped === undefined ? [] : [[target, skipped] as const];
  });
  try {
    const dataset = await loadDataset(isRecord(data) ? data : {}, definition.inputs, subject.files, {
      ...(scaler === undefined ? {} : { scaler }),
      ignored: Object.fromEntries(ignored),
    });
    // Said of the file's examples: the model itself would only know their places in a shuffled batch.
    for (const part of definition.alignments === undefined ? [] : (["train", "validation", "test"] as const)) {
      checkAlignments(definition, dataset[part].tensors, (index) => `${exampleText(index)} of the ${part} part`);
    }
    return dataset;
  } catch (error) {
    throw aboutSpec(error, subject.document);
  }
}

export function numberIn(section: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = memberOf(section, key);
  return typeof value === "number" ? value : undefined;
}
