/** What early stopping watches, and whether the validation part has a value for it at all. */
import type { Document } from "../../compiler/contracts/document.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { joinWords } from "../../compiler/support/words.ts";
import type { EarlyStoppingFact, LossFact, ModelFacts } from "@specloom/runtime/internal/contract";
import type { Dataset } from "../data/dataset.ts";
import { metricNamed } from "../../compiler/metrics/index.ts";
import { hasForecast } from "@specloom/runtime/internal/model/loss";
import { Problem } from "@specloom/runtime/internal/problem";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import type { EarlyStopping, ValidationScore } from "@specloom/runtime/internal/training/options";
import { aboutSpec } from "./faults.ts";
import { hasPlaces, metricSuits, scoreOf } from "./scored-losses.ts";

/** What is watched is computed on the validation part. */
const part = "validation";

/**
 * @throws Problem `early-stopping-metric`, at its place, when what is watched has no value on the validation part whatever the
 *   model answers, or nothing the model gives can be scored so
 */
export function earlyStopping(
  { patience, metric, restoreBest }: EarlyStoppingFact,
  definition: ModelFacts,
  dataset: Dataset,
  document: Document | undefined,
): EarlyStopping {
  try {
    if (metric === "loss") checkLoss(definition, dataset);
    return {
      patience,
      metric: metric === "loss" ? "validation_loss" : validationScore(metric, definition, dataset),
      restoreBest,
    };
  } catch (error) {
    throw aboutSpec(error, document);
  }
}

function validationScore(metric: string, definition: ModelFacts, dataset: Dataset): ValidationScore {
  const { losses } = definition;
  const suiting = losses.filter((loss) => metricSuits(definition, loss, metric));
  const { better } = metricNamed(metric);
  if (better === "nominal") {
    throw cannotWatch(
      `early stopping watches ${metric}, of which neither more nor less is better.`,
      "watch loss or pinball.",
    );
  }
  if (suiting.length === 0 && metricNamed(metric).of === "numbers" && !losses.every(hasForecast)) {
    throw cannotWatch(
      `early stopping watches ${metric}, which compares a forecast, and no level of the quantiles is the median.`,
      "add 0.5 to the levels of the loss, or watch loss or pinball.",
    );
  }
  const scored = suiting.find(({ input }) => isOutput(definition, input));
  if (scored === undefined) {
    const missing = (suiting.length > 0 ? suiting : losses).map(({ input }) => input).join(" or ");
    throw cannotWatch(
      `early stopping by ${metric} needs the loss's input among the outputs, to score it.`,
      `add ${missing} to outputs, or set train.early_stopping.metric to loss.`,
    );
  }
  const scoresWith = (output: Float32Array, name: string) =>
    memberOf(scoreOf(definition, dataset, scored, { part, output, metrics: [name] }).metrics, name);
  const finite = zeros(definition, dataset, scored);
  const { model, note } = scoresWith(finite, metric) ?? {};
  if (model == null) {
    const { count } = scoreOf(definition, dataset, scored, { part, output: finite, metrics: [] });
    const others = definition.metrics.filter(
      (other) => metricSuits(definition, scored, other) && scoresWith(finite, other)?.model != null,
    );
    const instead = [...(count > 0 ? ["loss"] : []), ...others];
    throw cannotWatch(
      `early stopping watches ${metric}, which is not defined on the validation part${note === undefined ? "" : `: ${note}`}.`,
      `${instead.length > 0 ? `watch ${joinWords(instead, "or")}, or ` : ""}change the data or its split.`,
    );
  }
  return {
    name: metric,
    better,
    score: (outputs) => scoresWith(memberOf(outputs, scored.input) ?? new Float32Array(), metric)?.model ?? null,
  };
}

/** A loss that counts nothing of the validation part (every label is one that it skips) has no value to get better. */
function checkLoss(definition: ModelFacts, dataset: Dataset): void {
  if (dataset.validation.count === 0) {
    throw cannotWatch(
      "early stopping watches the validation part, and the split of the data leaves no example for it.",
      "give it a greater share in data.split, or remove early_stopping.",
    );
  }
  const { losses } = definition;
  const isKnown = (loss: LossFact): boolean => hasPlaces(definition, loss.target) && isOutput(definition, loss.input);
  if (!losses.every(isKnown)) return;
  const counts = losses.map(
    (loss) => scoreOf(definition, dataset, loss, { part, output: zeros(definition, dataset, loss), metrics: [] }).count,
  );
  if (counts.some((count) => count > 0)) return;
  throw cannotWatch(
    "early stopping watches the loss, of which the validation part counts nothing: there is no value to predict in it.",
    "give the validation part other examples, or remove early_stopping.",
  );
}

/** Predictions that are finite: what is not defined with them is not defined because of the data. */
function zeros(definition: ModelFacts, dataset: Dataset, { input }: LossFact): Float32Array {
  const { shape = [] } = definition.outputs.find(({ name }) => name === input) ?? {};
  return new Float32Array(dataset.validation.count * sizeOf(shape));
}

function isOutput({ outputs }: ModelFacts, name: string): boolean {
  return outputs.some((output) => output.name === name);
}

function cannotWatch(message: string, help: string): Problem {
  return new Problem({ code: "early-stopping-metric", message, help, pointer: "/train/early_stopping/metric" });
}
