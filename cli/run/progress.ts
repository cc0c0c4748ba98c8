/** How a person sees training going on: a bar on a terminal, plain lines elsewhere, nothing when asked to be quiet. */
import cliProgress from "cli-progress";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import { Pace, speedText } from "./pace.ts";
import { epochLine, lossName, normTexts, paceTexts, validationTexts, valueText, whereText } from "./progress-text.ts";
import type { ProgressStart } from "./progress-text.ts";

export interface ProgressStep {
  /** 1 for the first. */
  readonly epoch: number;
  readonly step: number;
  /** Mean of the epoch's losses so far. */
  readonly meanLoss: number;
  /** Of this update, before clipping. */
  readonly gradientNorm?: number;
}

export interface Progress {
  start(facts: ProgressStart): void;
  step(step: ProgressStep): void;
  /** Examples of the validation behind it, and all of them. */
  validation(done: number, count: number): void;
  epoch(record: EpochRecord): void;
  /** A sentence in between. */
  note(text: string): void;
  stop(): void;
}

/** What is needed of standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @param options.quiet no output at all; notes too are left out */
export function createProgress(
  stream: NodeJS.WriteStream | ProgressStream,
  options: { readonly quiet?: boolean; readonly now?: () => number } = {},
): Progress {
  const { quiet, now = Date.now } = options;
  if (quiet === true) return silent;
  return stream.isTTY === true ? bar(stream as NodeJS.WriteStream, now) : lines(stream, now);
}

const silent: Progress = {
  start: () => undefined,
  step: () => undefined,
  validation: () => undefined,
  epoch: () => undefined,
  note: () => undefined,
  stop: () => undefined,
};

const NO_START: ProgressStart = { goal: { kind: "epochs", count: 0 }, stepsPerEpoch: 1, step: 0 };

function totalSteps({ goal, stepsPerEpoch }: ProgressStart): number {
  return goal.kind === "steps" ? goal.count : goal.count * stepsPerEpoch;
}

/** What stays when training is over: nothing is left then, whatever the goal was. */
function lastLine(record: EpochRecord, { goal }: ProgressStart, { now: { stepsPerSecond } }: Pace): string {
  return [epochLine(record, goal), ...(stepsPerSecond === undefined ? [] : [speedText(stepsPerSecond)])].join("  ");
}

/**
 * Lines for logs: the first epoch, then at most one every other second, the last epoch; in long epochs a sign of life, the
 * first after two seconds.
 */
function lines(stream: ProgressStream, now: () => number): Progress {
  const secondsBetweenEpochs = 2;
  const secondsBetweenSigns = 15;
  let facts = NO_START;
  let pace = new Pace(0, now);
  let written = -Infinity;
  let hasWritten = false;
  let epoch = 1;
  let pending: EpochRecord | undefined;
  const write = (text: string): void => {
    stream.write(`${text}\n`);
    written = now();
  };
  const isDue = (): boolean => now() - written >= (hasWritten ? secondsBetweenSigns : secondsBetweenEpochs) * 1000;
  const writeProgress = (...texts: readonly string[]): void => {
    write([...texts, ...paceTexts(pace.now, facts)].join("  "));
    hasWritten = true;
  };
  return {
    start: (given) => {
      facts = given;
      pace = new Pace(totalSteps(given), now);
      written = now();
    },
    step: ({ epoch: atEpoch, step, meanLoss, gradientNorm }) => {
      epoch = atEpoch;
      pace.update(step);
      if (!isDue()) return;
      writeProgress(
        whereText(epoch, facts.goal),
        `step ${String(step)}/${String(totalSteps(facts))}`,
        `${lossName("train", facts.smoothed)} ${valueText(meanLoss)} so far`,
        ...normTexts(gradientNorm),
      );
    },
    validation: (done, count) => {
      if (isDue()) writeProgress(whereText(epoch, facts.goal), `validating ${String(done)}/${String(count)}`);
    },
    epoch: (record) => {
      pending = record;
      if (record.epoch !== 1 && now() - written < secondsBetweenEpochs * 1000) return;
      writeProgress(epochLine(record, facts.goal));
      pending = undefined;
    },
    note: (text) => {
      write(visibleText(text));
    },
    stop: () => {
      if (pending !== undefined) write(lastLine(pending, facts, pace));
      pending = undefined;
    },
  };
}

/** Columns that a terminal has at least where the bar itself may be long. */
const WIDE = 110;

function bar(stream: NodeJS.WriteStream, now: () => number): Progress {
  const view = new cliProgress.SingleBar({
    stream,
    format: "{bar} {percentage}%  {texts}",
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: stream.columns >= WIDE ? 24 : 8,
    hideCursor: true,
    clearOnComplete: true,
    // The process ends in its own time; a bar that hooks signals would end it for us.
    gracefulExit: false,
  });
  let facts = NO_START;
  let pace = new Pace(0, now);
  let last: EpochRecord | undefined;
  let running = false;
  let step = 0;
  let epoch = 1;
  /** What the epoch has come to, and the validation of the one before. */
  let soFar: readonly string[] = [];
  const show = (): { readonly texts: string } => ({
    texts: [
      whereText(epoch, facts.goal),
      ...paceTexts(pace.now, facts),
      ...soFar,
      ...(last === undefined ? [] : validationTexts(last)),
    ].join("  "),
  });
  return {
    start: (given) => {
      facts = given;
      pace = new Pace(totalSteps(given), now);
      running = true;
      step = given.step;
      epoch = Math.floor(given.step / given.stepsPerEpoch) + 1;
      view.start(totalSteps(given), step, show());
    },
    step: ({ epoch: atEpoch, step: atStep, meanLoss, gradientNorm }) => {
      step = atStep;
      epoch = atEpoch;
      pace.update(step);
      soFar = [`${lossName("train", facts.smoothed)} ${valueText(meanLoss)} so far`, ...normTexts(gradientNorm)];
      view.update(step, show());
    },
    validation: (done, count) => {
      soFar = [`validating ${String(done)}/${String(count)}`];
      view.update(step, show());
    },
    epoch: (record) => {
      last = record;
    },
    note: (text) => {
      // The bar remembers its line of the screen: it is taken away and drawn anew below the sentence.
      view.stop();
      stream.write(`${visibleText(text)}\n`);
      if (running) view.start(totalSteps(facts), step, show());
    },
    stop: () => {
      running = false;
      view.stop();
      // The bar is gone; what it showed last stays.
      if (last !== undefined) stream.write(`${lastLine(last, facts, pace)}\n`);
    },
  };
}
