/** The options of a training as a program in JavaScript may hand them over: each is what its type says, and none is unknown. */
import { checkBoolean, checkFunction, checkOneOf, checkOptions, checkWhole, invalidOption } from "../arguments.ts";
import { describe } from "../tensor.ts";
import type { EarlyStopping, TrainingExamples, TrainOptions, ValidationScore } from "./options.ts";

const OPTIONS = [
  "model",
  "train",
  "validation",
  "epochs",
  "steps",
  "shuffle",
  "earlyStopping",
  "keepBest",
  "onValidation",
  "signal",
] as const satisfies readonly (keyof TrainOptions)[];

/** @throws Problem `invalid-option` naming the option */
export function checkTrainOptions(options: TrainOptions): void {
  checkOptions("a training", options, OPTIONS);
  const { model, train, validation, epochs, steps, shuffle, earlyStopping, keepBest, onValidation, signal } = options;
  if (!hasMethod(model, "trainStep")) {
    throw invalidOption(`model must be what model.create() gives, not ${describe(model)}.`, awaitHint(model));
  }
  checkExamples("train", train);
  if (validation !== undefined) checkExamples("validation", validation);
  if (epochs !== undefined) checkWhole("epochs", epochs, 0);
  if (steps !== undefined) checkWhole("steps", steps, 0);
  if (shuffle !== undefined) checkBoolean("shuffle", shuffle);
  if (earlyStopping !== undefined) checkStopping(earlyStopping);
  if (keepBest !== undefined) checkBoolean("keepBest", keepBest);
  if (onValidation !== undefined) checkFunction("onValidation", onValidation);
  if (signal !== undefined && typeof (signal as { readonly aborted?: unknown } | null)?.aborted !== "boolean") {
    throw invalidOption(`signal must be an AbortSignal, not ${describe(signal)}.`, "hand over controller.signal.");
  }
}

function checkExamples(name: string, examples: TrainingExamples): void {
  if (!hasMethod(examples, "select")) {
    const what = "an object with the count of the examples and a function select(indices) that gives their tensors";
    throw invalidOption(`${name} must be ${what}, not ${describe(examples)}.`);
  }
  checkWhole(`${name}.count`, examples.count, 0);
}

function checkStopping(stopping: EarlyStopping): void {
  checkOptions("earlyStopping", stopping, ["patience", "metric", "restoreBest"] satisfies (keyof EarlyStopping)[]);
  const { patience, metric, restoreBest } = stopping;
  checkWhole("patience", patience, 1);
  if (restoreBest !== undefined) checkBoolean("restoreBest", restoreBest);
  if (typeof metric === "object") checkScore(metric);
  else if (metric !== undefined && typeof metric !== "string") {
    throw invalidOption(`metric must be the name of a loss or a score, not ${describe(metric)}.`);
  }
}

function checkScore(score: ValidationScore): void {
  checkOptions("metric", score, ["name", "better", "score"] satisfies (keyof ValidationScore)[]);
  if (typeof score.name !== "string" || score.name === "") {
    throw invalidOption(`the name of metric must be a text, not ${describe(score.name)}.`);
  }
  checkOneOf("better", score.better, ["lower", "higher"]);
  checkFunction("score", score.score);
}

/** Its own or its class's. */
function hasMethod(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}

function awaitHint(value: unknown): string | undefined {
  return hasMethod(value, "then") ? "await it first." : undefined;
}
