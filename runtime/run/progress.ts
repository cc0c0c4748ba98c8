/** How a person sees training going on: a bar on a terminal, plain lines elsewhere, nothing when asked to be quiet. */
import cliProgress from "cli-progress";
import type { EpochRecord } from "../training/state.ts";
import { visibleText } from "../visible-text.ts";

export interface ProgressStart {
  readonly goal: { readonly kind: "epochs" | "steps"; readonly count: number };
  readonly stepsPerEpoch: number;
  /** Updates done before, by the run that is resumed. */
  readonly step: number;
}

export interface Progress {
  start(facts: ProgressStart): void;
  /** @param epoch 1 for the first */
  step(epoch: number, step: number, loss: number): void;
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
  if (options.quiet === true) return silent;
  return stream.isTTY === true ? bar(stream as NodeJS.WriteStream) : lines(stream, options.now ?? Date.now);
}

/** `epoch 3/100  step 120  train loss 0.01234  validation loss 0.02345  0.8 s` */
export function epochLine(record: EpochRecord, goal: ProgressStart["goal"]): string {
  const of = goal.kind === "epochs" ? `/${String(goal.count)}` : "";
  const parts = [`epoch ${String(record.epoch)}${of}`, `step ${String(record.step)}`];
  parts.push(`train loss ${lossText(record.train_loss)}`);
  if (record.validation_loss !== null) parts.push(`validation loss ${lossText(record.validation_loss)}`);
  parts.push(`${record.seconds.toFixed(record.seconds < 10 ? 2 : 0)} s`);
  return parts.join("  ");
}

function lossText(loss: number): string {
  return loss.toPrecision(4);
}

const silent: Progress = {
  start: () => undefined,
  step: () => undefined,
  epoch: () => undefined,
  note: () => undefined,
  stop: () => undefined,
};

const NO_START: ProgressStart = { goal: { kind: "epochs", count: 0 }, stepsPerEpoch: 1, step: 0 };

function totalSteps({ goal, stepsPerEpoch }: ProgressStart): number {
  return goal.kind === "steps" ? goal.count : goal.count * stepsPerEpoch;
}

/** Lines for logs: the first epoch, then at most one every other second, a sign of life in long epochs, the last epoch. */
function lines(stream: ProgressStream, now: () => number): Progress {
  const secondsBetweenEpochs = 2;
  const secondsBetweenSteps = 15;
  let facts = NO_START;
  let written = -Infinity;
  let pending: EpochRecord | undefined;
  const write = (text: string): void => {
    stream.write(`${text}\n`);
    written = now();
  };
  return {
    start: (given) => {
      facts = given;
    },
    step: (epoch, step, loss) => {
      if (written === -Infinity) written = now();
      if (now() - written < secondsBetweenSteps * 1000) return;
      write(`epoch ${String(epoch)}  step ${String(step)}/${String(totalSteps(facts))}  loss ${lossText(loss)}`);
    },
    epoch: (record) => {
      pending = record;
      if (record.epoch !== 1 && now() - written < secondsBetweenEpochs * 1000) return;
      write(epochLine(record, facts.goal));
      pending = undefined;
    },
    note: (text) => {
      write(visibleText(text));
    },
    stop: () => {
      if (pending !== undefined) write(epochLine(pending, facts.goal));
      pending = undefined;
    },
  };
}

function bar(stream: NodeJS.WriteStream): Progress {
  const view = new cliProgress.SingleBar({
    stream,
    format: "{bar} {percentage}%  {where}  {losses}  {eta_formatted} left",
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    // The process ends in its own time; a bar that hooks signals would end it for us.
    gracefulExit: false,
    etaBuffer: 200,
  });
  let facts = NO_START;
  let last: EpochRecord | undefined;
  let running = false;
  let step = 0;
  let epoch = 1;
  const losses = (): string => {
    if (last === undefined) return "";
    const validation = last.validation_loss === null ? "" : `  validation ${lossText(last.validation_loss)}`;
    return `train ${lossText(last.train_loss)}${validation}`;
  };
  const where = (number: number): string =>
    facts.goal.kind === "epochs" ? `epoch ${String(number)}/${String(facts.goal.count)}` : `epoch ${String(number)}`;
  return {
    start: (given) => {
      facts = given;
      running = true;
      step = given.step;
      epoch = Math.floor(given.step / given.stepsPerEpoch) + 1;
      view.start(totalSteps(given), step, { where: where(epoch), losses: "" });
    },
    step: (atEpoch, atStep) => {
      step = atStep;
      epoch = atEpoch;
      view.update(step, { where: where(epoch), losses: losses() });
    },
    epoch: (record) => {
      last = record;
    },
    note: (text) => {
      // The bar remembers its line of the screen: it is taken away and drawn anew below the sentence.
      view.stop();
      stream.write(`${visibleText(text)}\n`);
      if (running) view.start(totalSteps(facts), step, { where: where(epoch), losses: losses() });
    },
    stop: () => {
      running = false;
      view.stop();
      // The bar is gone; what it showed last stays.
      if (last !== undefined) stream.write(`${epochLine(last, facts.goal)}\n`);
    },
  };
}
