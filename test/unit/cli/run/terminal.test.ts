import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { listenForInterrupt } from "../../../../cli/run/interrupt.ts";
import type { SignalSource } from "../../../../cli/run/interrupt.ts";
import { createProgress } from "../../../../cli/run/progress.ts";
import { epochLine } from "../../../../cli/run/progress-text.ts";
import type { EpochRecord } from "../../../../runtime/training/state.ts";

const record = (epoch: number, validation: number | null = 0.25): EpochRecord => ({
  epoch,
  step: epoch * 10,
  train_loss: 0.123456,
  validation_loss: validation,
  learning_rate: 0.001,
  seconds: 0.5,
});
const goal = { kind: "epochs", count: 100 } as const;

class FakeProcess extends EventEmitter implements SignalSource {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe("listenForInterrupt", () => {
  it("aborts at the first Ctrl-C, exits at the second, and lets go", () => {
    const source = new FakeProcess();
    let heard = 0;
    const interrupt = listenForInterrupt(() => (heard += 1), source);
    expect(interrupt.signal.aborted).toBe(false);
    source.emit("SIGINT");
    expect([interrupt.signal.aborted, heard, source.exits]).toEqual([true, 1, []]);
    source.emit("SIGINT");
    expect([heard, source.exits]).toEqual([1, [130]]);
    interrupt.release();
    expect(source.listenerCount("SIGINT") + source.listenerCount("SIGTERM")).toBe(0);
  });

  it("takes SIGTERM as well", () => {
    const source = new FakeProcess();
    const interrupt = listenForInterrupt(() => undefined, source);
    source.emit("SIGTERM");
    expect(interrupt.signal.aborted).toBe(true);
  });

  it("takes a closed terminal as well, which never insists", () => {
    const source = new FakeProcess();
    const interrupt = listenForInterrupt(() => undefined, source);
    source.emit("SIGHUP", "SIGHUP");
    source.emit("SIGHUP", "SIGHUP");
    expect([interrupt.signal.aborted, source.exits]).toEqual([true, []]);
    source.emit("SIGINT", "SIGINT");
    expect(source.exits).toEqual([130]);
  });

  it("can be asked by the program itself", () => {
    const source = new FakeProcess();
    let heard = 0;
    const interrupt = listenForInterrupt(() => (heard += 1), source);
    interrupt.stop();
    interrupt.stop();
    expect([interrupt.signal.aborted, heard, source.exits]).toEqual([true, 1, []]);
  });
});

describe("progress", () => {
  it("writes an epoch in one line", () => {
    expect(epochLine(record(3), goal)).toBe("epoch 3/100  step 30  train loss 0.1235  validation loss 0.2500  0.50 s");
    expect(epochLine(record(3, null), { kind: "steps", count: 5 })).toBe("epoch 3  step 30  train loss 0.1235  0.50 s");
  });

  it("writes lines at intervals where there is no terminal: first, some, last", () => {
    const written: string[] = [];
    let time = 0;
    const progress = createProgress({ write: (text) => written.push(text) }, { now: () => time });
    progress.start({ goal, stepsPerEpoch: 10, step: 0 });
    for (let epoch = 1; epoch <= 100; epoch += 1) {
      time += 100;
      progress.step({ epoch, step: epoch * 10, meanLoss: 0.5 });
      progress.epoch(record(epoch));
    }
    progress.stop();
    progress.stop();
    expect(written.map((line) => /^epoch (\d+)/.exec(line)?.[1])).toEqual(["1", "21", "41", "61", "81", "100"]);
  });

  it("gives a sign of life in long epochs and validations, the first soon, with speed and time left", () => {
    const written: string[] = [];
    let time = 0;
    const progress = createProgress({ write: (text) => written.push(text) }, { now: () => time });
    progress.start({ goal, stepsPerEpoch: 10, step: 0 });
    for (let step = 1; step <= 7; step += 1) {
      progress.step({ epoch: 1, step, meanLoss: 0.5, gradientNorm: 12.5 });
      time += 5000;
    }
    for (let done = 0; done < 60; done += 4) {
      progress.validation(done, 60);
      time += 1000;
    }
    expect(written).toEqual([
      "epoch 1/100  step 2/1000  train loss 0.5000 so far  gradient norm 12.50  5.0 s/step  1 h 23 min left\n",
      "epoch 1/100  step 5/1000  train loss 0.5000 so far  gradient norm 12.50  5.0 s/step  1 h 22 min left\n",
      "epoch 1/100  validating 0/60  5.0 s/step  1 h 22 min left\n",
    ]);
  });

  it("shows the watched metric, the gradient norm, and that a loss is smoothed", () => {
    const watched: EpochRecord = { ...record(3), validation_accuracy: 0.9, label_smoothing: 0.1, gradient_norm: 2.5 };
    expect(epochLine(watched, goal)).toBe(
      "epoch 3/100  step 30  smoothed train loss 0.1235  smoothed validation loss 0.2500  validation accuracy 0.9000  " +
        "mean gradient norm 2.500  0.50 s",
    );
    expect(epochLine({ ...record(3), validation_mape: null }, goal)).toContain("  validation mape not defined  ");
  });

  it("says that early stopping may leave less to do, and nothing of what is left when all is over", () => {
    const written: string[] = [];
    let time = 0;
    const progress = createProgress({ write: (text) => written.push(text) }, { now: () => time });
    progress.start({ goal, stepsPerEpoch: 10, step: 0, mayEndEarlier: true, smoothed: true });
    for (const step of [1, 2]) {
      progress.step({ epoch: 1, step, meanLoss: 0.5 });
      time += 1000;
    }
    progress.step({ epoch: 1, step: 3, meanLoss: 0.5 });
    progress.epoch(record(2));
    progress.stop();
    expect(written).toEqual([
      "epoch 1/100  step 3/1000  smoothed train loss 0.5000 so far  1.0 steps/s  at most 16 min 37 s left\n",
      "epoch 2/100  step 20  train loss 0.1235  validation loss 0.2500  0.50 s  1.0 steps/s\n",
    ]);
  });

  it("is silent when asked", () => {
    const progress = createProgress(
      {
        write: () => {
          throw new Error("wrote");
        },
      },
      { quiet: true },
    );
    progress.start({ goal, stepsPerEpoch: 1, step: 0 });
    progress.note("x");
    progress.step({ epoch: 1, step: 1, meanLoss: 1 });
    progress.validation(1, 2);
    progress.epoch(record(1));
    progress.stop();
  });

  it("draws a bar on a terminal and leaves the last epoch behind", () => {
    let text = "";
    const stream = Object.assign(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          text += chunk.toString();
          done();
        },
      }),
      { isTTY: true, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true },
    );
    let time = 0;
    const progress = createProgress(stream as unknown as NodeJS.WriteStream, { now: () => time });
    progress.start({ goal: { kind: "epochs", count: 2 }, stepsPerEpoch: 10, step: 0 });
    for (let step = 1; step <= 10; step += 1) {
      progress.step({ epoch: 1, step, meanLoss: 0.5 });
      time += 100;
    }
    progress.validation(3, 7);
    progress.note("in the middle");
    progress.epoch({ ...record(1), validation_accuracy: 0.75 });
    progress.note("heard you");
    progress.step({ epoch: 2, step: 20, meanLoss: 0.5, gradientNorm: 3 });
    progress.note("once more");
    progress.epoch(record(2));
    progress.stop();
    expect(text).toContain("\u2591");
    expect(text).toContain("50%  epoch 1/2  10 steps/s  1 s left  validating 3/7");
    expect(text).toContain("validation loss 0.2500  validation accuracy 0.7500");
    expect(text.slice(text.indexOf("once more"))).toContain(
      "100%  epoch 2/2  19 steps/s  train loss 0.5000 so far  gradient norm 3.000  validation loss 0.2500",
    );
    expect(text).toContain("heard you\n");
    expect(text.slice(text.indexOf("heard you"))).toContain("50%");
    expect(text).toContain("epoch 2/2  step 20  train loss 0.1235");
  });
});
