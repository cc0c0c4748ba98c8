/** What `metrics.json` says of a training: where it stands, what ran, and the scores of the weights that are kept. */
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import { dataKindOf } from "../data-kinds/index.ts";
import type { Dataset } from "../data/dataset.ts";
import type { EpochRecord, TrainingCounters } from "@specloom/runtime/internal/training/state";
import { evaluatePart, type Evaluation } from "./evaluation.ts";
import type { KeptPlace } from "./kept-text.ts";
import type { RunMetrics } from "./run-metrics.ts";
import type { RanOn } from "./run-origin.ts";
import type { Subject } from "./subject.ts";

export interface TrainedModel {
  readonly subject: Subject;
  readonly dataset: Dataset;
  /** It holds the weights that are kept. */
  readonly live: LiveModel;
  readonly outcome: RunMetrics["outcome"];
  readonly counters: TrainingCounters;
  readonly kept: KeptPlace;
  readonly ranOn: readonly RanOn[];
  readonly log: readonly EpochRecord[];
}

export async function gatherMetrics({
  subject,
  dataset,
  live,
  outcome,
  counters,
  kept,
  ranOn,
  log,
}: TrainedModel): Promise<{ readonly metrics: RunMetrics; readonly test: Evaluation | undefined }> {
  const validation = await evaluatePart(live, dataset, "validation");
  const test = await evaluatePart(live, dataset, "test");
  const { definition } = subject.handle;
  const split = dataKindOf(definition.data).drawn?.(definition.data);
  const seconds = log.reduce(
    (total, { seconds: own }) => total + own,
    outcome === "interrupted" ? counters.seconds : 0,
  );
  const metrics: RunMetrics = {
    name: subject.name,
    outcome,
    epochs: counters.epoch,
    steps: counters.step,
    watched: counters.watched,
    best_epoch: counters.bestEpoch,
    best_value: counters.bestValue,
    kept,
    seed: counters.seed,
    seconds: Number(seconds.toFixed(3)),
    batch_size: definition.batchSize,
    parameters: definition.parameters
      .filter(({ statistic }) => statistic === undefined)
      .reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0),
    examples: { train: dataset.train.count, validation: dataset.validation.count, test: dataset.test.count },
    ...(split === undefined ? {} : { split }),
    backend: live.report(),
    ...(ranOn.length > 1 ? { ran_on: ranOn } : {}),
    validation: validation?.scores ?? null,
    test: test?.scores ?? null,
  };
  return { metrics, test };
}
