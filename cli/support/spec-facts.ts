/** What commands need of a resolved spec: its losses, metrics and training settings, as types. */
import type { Document } from "../../compiler/contracts.ts";
import { isRecord, memberOf } from "../../compiler/support/plain.ts";
import type { ModelDefinition, ModelFacts } from "../../runtime/contract.ts";
import type { Dataset, FileReader } from "../../runtime/data/dataset.ts";
import { loadDataset } from "../../runtime/data/load.ts";
import { metricNamed } from "../../runtime/metrics/index.ts";
import { scorePart } from "../../runtime/metrics/part.ts";
import { checkAlignments } from "../../runtime/model/alignments.ts";
import { ignoredClass, pointPrediction } from "../../runtime/model/loss.ts";
import { exampleText } from "../../runtime/tensor.ts";
import type { TrainOptions, ValidationScore } from "../../runtime/training/options.ts";
import { aboutSpec } from "./faults.ts";
import { Mistake } from "./mistake.ts";

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

export interface TrainSettings extends Pick<TrainOptions, "epochs" | "steps" | "shuffle" | "earlyStopping"> {
  readonly seed: number;
}

/** The training section with what the command line says instead. @param dataset that early stopping by a metric scores */
export function trainSettings(
  definition: ModelFacts,
  given: { readonly epochs?: number | undefined; readonly seed?: number | undefined },
  dataset: Dataset,
): TrainSettings {
  const train = isRecord(definition.spec["train"]) ? definition.spec["train"] : {};
  const goal = given.epochs !== undefined ? { epochs: given.epochs } : goalIn(train);
  const stopping = train["early_stopping"];
  return {
    ...goal,
    seed: given.seed ?? numberIn(train, "seed") ?? 0,
    shuffle: train["shuffle"] !== false,
    ...(isRecord(stopping) ? { earlyStopping: stoppingIn(stopping, definition, dataset) } : {}),
  };
}

function goalIn(train: Readonly<Record<string, unknown>>): { readonly steps: number } | { readonly epochs: number } {
  const steps = numberIn(train, "steps");
  return steps === undefined ? { epochs: numberIn(train, "epochs") ?? 0 } : { steps };
}

function stoppingIn(
  section: Readonly<Record<string, unknown>>,
  definition: ModelFacts,
  dataset: Dataset,
): NonNullable<TrainOptions["earlyStopping"]> {
  const { metric = "loss" } = section;
  return {
    patience: numberIn(section, "patience") ?? 1,
    metric: metric === "loss" ? "validation_loss" : validationScore(String(metric), definition, dataset),
    restoreBest: section["restore_best"] !== false,
  };
}

/** @throws Mistake `early-stopping-metric` when nothing the model gives can be scored so */
function validationScore(metric: string, definition: ModelFacts, dataset: Dataset): ValidationScore {
  const scored = lossesOf(definition).find(
    ({ input, target }) =>
      definition.outputs.some(({ name }) => name === input) && metricSuits(definition, target, metric),
  );
  if (scored === undefined) {
    throw new Mistake({
      code: "early-stopping-metric",
      message: `early stopping by ${metric} needs the loss's input among the outputs, to score it.`,
      help: `add ${lossesOf(definition)
        .map(({ input }) => input)
        .join(" or ")} to outputs, or set train.early_stopping.metric to loss.`,
    });
  }
  return {
    name: metric,
    better: metricNamed(metric).better,
    score: (outputs) =>
      memberOf(
        scorePart({
          dataset,
          part: "validation",
          inputs: definition.inputs,
          target: scored.target,
          output: pointPrediction(definition, scored, memberOf(outputs, scored.input) ?? new Float32Array()),
          metrics: [metric],
          ignored: ignoredClass(definition, scored.target),
        }).metrics,
        metric,
      )?.model ?? null,
  };
}

/** Whether each of a target's labels belongs to one prediction; those of ctc lie anywhere in the input. */
export function hasPlaces(definition: ModelFacts, target: string): boolean {
  return definition.alignments?.some((alignment) => alignment.target === target) !== true;
}

/** Metrics score numbers or classes. */
export function metricSuits(definition: ModelFacts, target: string, metric: string): boolean {
  if (!hasPlaces(definition, target)) return false;
  const fact = definition.inputs.find(({ name }) => name === target);
  return (metricNamed(metric).of === "classes") === (fact?.dtype === "int32");
}

function numberIn(section: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = memberOf(section, key);
  return typeof value === "number" ? value : undefined;
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
