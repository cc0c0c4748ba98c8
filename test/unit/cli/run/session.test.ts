import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LiveOf } from "../../../../runtime/contract-live.ts";
import { readWeights } from "../../../../runtime/model/parameters.ts";
import { readSafetensors } from "../../../../runtime/safetensors.ts";
import { decodeCheckpoint } from "../../../../runtime/training/checkpoint.ts";
import { lockRun } from "../../../../cli/run/lock.ts";
import { interruptedMessage, runTraining } from "../../../../cli/run/session.ts";
import type { RunOptions, RunResult } from "../../../../cli/run/session.ts";
import { linearDefinition, linearExamples, linearModel } from "../../runtime/model/linear-fixture.ts";
import type { LinearDefinition } from "../../runtime/model/linear-fixture.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "specloom-run-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran extends RunResult {
  readonly model: LiveOf<LinearDefinition>;
}

/** A training of six epochs of three steps; with `stopAfter`, aborted as by Ctrl-C after that many steps. */
async function ran(directory: string, options: Partial<RunOptions> = {}, stopAfter = Infinity): Promise<Ran> {
  const { model } = await linearModel(options.resume === true ? 88 : 3);
  const controller = new AbortController();
  const examples = linearExamples(10);
  let selections = 0;
  const result = await runTraining({
    model,
    directory,
    train: {
      count: 10,
      select: (indices) => {
        selections += 1;
        if (selections === stopAfter) controller.abort();
        return examples.select(indices);
      },
    },
    validation: linearExamples(6, 1000),
    signal: controller.signal,
    ...(options.steps === undefined ? { epochs: 6 } : {}),
    ...options,
  });
  return { ...result, model };
}

const bytesOf = (name: string): Buffer => readFileSync(join(root, name));
const logOf = (directory = root): Record<string, unknown>[] =>
  readFileSync(join(directory, "log.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), seconds: 0 }));
const checkpointOf = (directory = root): unknown => {
  const { counters, ...tensors } = decodeCheckpoint(
    linearDefinition,
    readFileSync(join(directory, "checkpoint.safetensors")),
  );
  return { ...tensors, counters: { ...counters, seconds: 0 } };
};

describe("runTraining", () => {
  it("writes best weights, checkpoint, log and spec, and nothing else", async () => {
    const seen: number[] = [];
    const { outcome, model, counters } = await ran(root, {
      spec: "specloom: 1\n",
      metadata: { scaler: '{"mean":1}' },
      onEpoch: ({ epoch }) => seen.push(epoch),
    });
    expect(outcome).toBe("finished");
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readdirSync(root).sort()).toEqual([
      "checkpoint.safetensors",
      "log.jsonl",
      "spec.yaml",
      "weights.safetensors",
    ]);
    expect(bytesOf("spec.yaml").toString()).toBe("specloom: 1\n");
    const log = logOf();
    expect(Object.keys(log[0] ?? {})).toEqual([
      "epoch",
      "step",
      "train_loss",
      "validation_loss",
      "learning_rate",
      "seconds",
    ]);
    expect(log.length).toBe(6);
    expect(readWeights(linearDefinition, bytesOf("weights.safetensors")).parameters).toEqual(model.parameters());
    expect((await model.evaluate(linearExamples(6, 1000).tensors)).loss).toBe(counters.bestValue);
    for (const file of ["weights.safetensors", "checkpoint.safetensors"]) {
      expect(readSafetensors(bytesOf(file)).metadata).toMatchObject({
        scaler: '{"mean":1}',
        spec_hash: "hash-of-linear",
      });
    }
  });

  it("interrupted at any step and resumed, leaves the same files as the unbroken run", async () => {
    const whole = join(root, "whole");
    const broken = join(root, "broken");
    for (let stop = 1; stop < 18; stop += 1) {
      for (const directory of [whole, broken]) {
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory);
      }
      const unbroken = await ran(whole);
      const first = await ran(broken, {}, stop);
      expect(first.outcome).toBe("interrupted");
      expect(first.counters.step).toBe(stop);
      const second = await ran(broken, { resume: true });
      expect(second.outcome).toBe("finished");
      expect(logOf(broken)).toEqual(logOf(whole));
      expect(checkpointOf(broken)).toEqual(checkpointOf(whole));
      expect(readFileSync(join(broken, "weights.safetensors"))).toEqual(
        readFileSync(join(whole, "weights.safetensors")),
      );
      expect(second.model.parameters()).toEqual(unbroken.model.parameters());
    }
  });

  it("resumes a run that was killed after the log ran ahead of the checkpoint", async () => {
    await ran(root, { epochs: 6 });
    const expected = { log: logOf(), checkpoint: checkpointOf() };
    rmSync(join(root, "checkpoint.safetensors"));
    await ran(root, { epochs: 3 });
    const log = bytesOf("log.jsonl").toString();
    writeFileSync(join(root, "log.jsonl"), `${log}{"epoch":4,"step":99}\n{"epoch":5,"st`);
    writeFileSync(join(root, ".writing-checkpoint.safetensors.ab12"), "half");
    rmSync(join(root, "weights.safetensors"));
    await ran(root, { epochs: 6, resume: true });
    expect(logOf()).toEqual(expected.log);
    expect(checkpointOf()).toEqual(expected.checkpoint);
    expect(readdirSync(root).sort()).toEqual(["checkpoint.safetensors", "log.jsonl", "weights.safetensors"]);
  });

  it("resuming a complete run changes nothing, a cut epoch's record included", async () => {
    await ran(root, { steps: 7 });
    const before = { log: logOf(), checkpoint: checkpointOf(), weights: bytesOf("weights.safetensors") };
    expect(before.log.map(({ step }) => step)).toEqual([3, 6, 7]);
    const { outcome } = await ran(root, { steps: 7, resume: true });
    expect(outcome).toBe("finished");
    expect({ log: logOf(), checkpoint: checkpointOf(), weights: bytesOf("weights.safetensors") }).toEqual(before);
  });

  it("tells when the log lacks epochs", async () => {
    await ran(root, {}, 7);
    rmSync(join(root, "log.jsonl"));
    const notes: string[] = [];
    const nothing = (): void => undefined;
    const progress = {
      start: nothing,
      step: nothing,
      validation: nothing,
      epoch: nothing,
      stop: nothing,
      note: (text: string) => notes.push(text),
    };
    await ran(root, { resume: true, progress });
    expect(notes).toEqual(["note: log.jsonl lacks epochs 1 to 2 of the 2 trained so far."]);
  });

  it("saves the best weights but no bad state when a loss is not finite", async () => {
    const validation = linearExamples(6, 1000);
    const examples = linearExamples(10);
    let calls = 0;
    const train = {
      count: 10,
      select: (indices: ArrayLike<number>) => {
        calls += 1;
        const picked = examples.select(indices);
        return calls < 8 ? picked : { ...picked, x: picked.x.map(() => 1e30) };
      },
    };
    await expect(ran(root, { train, validation })).rejects.toThrow(/update 8 was stopped/);
    expect(readdirSync(root).sort()).toEqual(["checkpoint.safetensors", "log.jsonl", "weights.safetensors"]);
    const { counters, parameters } = decodeCheckpoint(linearDefinition, bytesOf("checkpoint.safetensors"));
    expect(counters.step).toBeLessThan(8);
    expect(Object.values(parameters).every((values) => values.every(Number.isFinite))).toBe(true);
    const { model } = await linearModel();
    await model.load(bytesOf("weights.safetensors"));
    const best = Math.min(...logOf().map(({ validation_loss }) => Number(validation_loss)));
    expect((await model.evaluate(validation.tensors)).loss).toBe(best);
  });

  it("has weights whatever ends it: Ctrl-C in the first epoch, a first loss that is not finite", async () => {
    const weightsOf = (directory: string) =>
      readWeights(linearDefinition, readFileSync(join(directory, "weights.safetensors"))).parameters;
    const [stopped, failed] = [join(root, "stopped"), join(root, "failed")];
    [stopped, failed].forEach((directory) => {
      mkdirSync(directory);
    });
    const { outcome, kept, model } = await ran(stopped, {}, 2);
    expect(outcome).toBe("interrupted");
    expect(kept).toMatchObject({ choice: "last", epoch: 1, step: 2, whole: false });
    expect(weightsOf(stopped)).toEqual(model.parameters());
    const examples = linearExamples(10);
    const train = { count: 10, select: () => ({ ...examples.select([0]), x: Float32Array.of(1e30, 1e30, 1e30) }) };
    const salvaged: unknown[] = [];
    const onSalvage: RunOptions["onSalvage"] = ({ choice, step }, { epoch }) => {
      salvaged.push({ choice, step, epoch });
    };
    await expect(ran(failed, { train, onSalvage })).rejects.toThrow(/update 1 was stopped/);
    expect(salvaged).toEqual([{ choice: "last", step: 0, epoch: 0 }]);
    expect(weightsOf(failed)).toEqual((await linearModel(3)).model.parameters());
  });

  it("keeps the last weights where nothing is validated, and where the best are not to come back", async () => {
    for (const options of [{ validation: undefined }, { earlyStopping: { patience: 9, restoreBest: false } }]) {
      const { kept, model } = await ran(root, { steps: 17, ...options });
      expect(kept).toMatchObject({ choice: "last", epoch: 6, step: 17, whole: false });
      const { parameters } = readWeights(linearDefinition, bytesOf("weights.safetensors"));
      expect(parameters).toEqual(model.parameters());
      const { parameters: last } = decodeCheckpoint(linearDefinition, bytesOf("checkpoint.safetensors"));
      expect(parameters).toEqual(last);
    }
  });

  it("resumed with a further goal leaves the files of the unbroken run, wherever the first goal cut an epoch", async () => {
    const whole = join(root, "whole");
    const raised = join(root, "raised");
    for (const [first, further] of [
      [{ steps: 1 }, { steps: 14 }],
      [{ steps: 5 }, { epochs: 4 }],
      [{ epochs: 2 }, { steps: 11 }],
      [{ epochs: 2 }, { epochs: 5 }],
    ] as const) {
      for (const directory of [whole, raised]) {
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory);
      }
      const unbroken = await ran(whole, further);
      await ran(raised, first);
      const resumed = await ran(raised, { ...further, resume: true });
      expect(resumed.kept).toEqual(unbroken.kept);
      expect(logOf(raised)).toEqual(logOf(whole));
      expect(checkpointOf(raised)).toEqual(checkpointOf(whole));
      expect(readFileSync(join(raised, "weights.safetensors"))).toEqual(
        readFileSync(join(whole, "weights.safetensors")),
      );
    }
  });

  it("writes the initial weights when there is nothing to train", async () => {
    await ran(root, { epochs: 0 });
    const { model } = await linearModel(3);
    expect(readWeights(linearDefinition, bytesOf("weights.safetensors")).parameters).toEqual(model.parameters());
  });

  it("checkpoints at once, and during training, not only at its end", async () => {
    const steps = new Set<number>();
    const seen = (): void => {
      const file = join(root, "checkpoint.safetensors");
      steps.add(decodeCheckpoint(linearDefinition, readFileSync(file)).counters.step);
    };
    const examples = linearExamples(10);
    const train = {
      count: 10,
      select: (indices: ArrayLike<number>) => {
        seen();
        return examples.select(indices);
      },
    };
    await ran(root, { epochs: 400, secondsBetweenCheckpoints: 0, train });
    expect(Math.min(...steps)).toBe(0);
    expect(steps.size).toBeGreaterThan(1);
  });

  it("says who else trains in its folder, and leaves its files alone", async () => {
    const lock = await lockRun(root);
    const before: Buffer[] = [];
    const call = ran(root, {
      epochs: 200,
      secondsBetweenCheckpoints: 0,
      lock,
      onEpoch: ({ epoch }) => {
        if (epoch !== 2) return;
        writeFileSync(join(root, ".lock"), JSON.stringify({ pid: 1, token: "of another", since: "then" }));
        before.push(bytesOf("checkpoint.safetensors"));
      },
    });
    await expect(call).rejects.toThrow(/another process \(id 1, since then\) is training in/);
    expect(before).toEqual([bytesOf("checkpoint.safetensors")]);
    await lock.release();
  });

  it("refuses to resume without a checkpoint, or with one of other data", async () => {
    await expect(ran(root, { resume: true })).rejects.toThrow(
      /checkpoint.safetensors" could not be read: no such file/,
    );
    await ran(root);
    await expect(ran(root, { resume: true, train: linearExamples(9) })).rejects.toThrow(/10 then, 9 now/);
  });

  it("says how to go on", async () => {
    const { counters } = await ran(root, {}, 5);
    expect(interruptedMessage(counters, "specloom run a.yaml", "runs/a/1")).toBe(
      "stopped in epoch 2, step 5; everything is saved. Continue with: specloom run a.yaml --resume runs/a/1",
    );
  });
});
