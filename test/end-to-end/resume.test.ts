/** A run is taken up as the training that it was: what changed since is refused or said. */
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockRun } from "../../cli/run/lock.ts";
import { readSafetensors } from "../../runtime/safetensors.ts";
import { containing, folderWith, Keys, matching, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

describe("--resume", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const inFolder = (...parts: readonly string[]): string => path.join(cwd, ...parts);
  const call = (...argv: readonly string[]) => specloom(argv, { cwd });
  /** A copy of the run that stopped after three epochs. */
  const copy = async (name: string): Promise<string> => {
    await cp(inFolder("stopped"), inFolder(name), { recursive: true });
    return name;
  };
  const resume = (run: string, ...more: readonly string[]) =>
    call("run", "specs/wave.yaml", "--backend", "cpu", "--epochs", "5", ...more, "--resume", run);
  const withData = async (text: string, work: () => Promise<void>): Promise<void> => {
    await writeFile(inFolder("specs/data/wave.csv"), text);
    await work().finally(() => writeFile(inFolder("specs/data/wave.csv"), waveCsv));
  };

  beforeAll(async () => {
    const folder = await folderWith({ "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv });
    cwd = folder.path;
    remove = folder.remove;
    const argv = ["run", "specs/wave.yaml", "--backend", "cpu"];
    expect(await call(...argv, "--out", "stopped")).toMatchObject({ code: 0 });
    expect(await call(...argv, "--epochs", "5", "--out", "whole")).toMatchObject({ code: 0 });
  }, 60_000);
  afterAll(() => remove());

  it("refuses other data of equal size, and says which part and what to do", async () => {
    const run = await copy("other-data");
    const before = await readFile(inFolder(run, "checkpoint.safetensors"));
    const lines = waveCsv.split("\n");
    await withData(lines.with(20, `${lines[20]?.split(",")[0] ?? ""},21.5`).join("\n"), async () => {
      expect(await resume(run)).toMatchObject({
        code: 1,
        err: matching(
          /^other-data: error\[checkpoint-mismatch\]: "other-data" was started with other data than "specs\/data\/wave.csv" gives now: other values in the training part \(36 examples\)\.\n {2}help: .* --weights other-data\/weights.safetensors/m,
        ),
      });
    });
    expect(await readFile(inFolder(run, "checkpoint.safetensors"))).toEqual(before);
    // How the file is written is no matter.
    await withData(waveCsv.replaceAll("\n", "\r\n"), async () => {
      const { code, err } = await resume(run);
      expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringContaining("note:") as unknown });
    });
    const weights = (folder: string): Promise<Buffer> => readFile(inFolder(folder, "weights.safetensors"));
    expect(await weights(run)).toEqual(await weights("whole"));
  });

  it("refuses another backend and another variant of SIMD, unless it is told", async () => {
    const run = await copy("other-backend");
    expect(await resume(run, "--backend", "wasm")).toMatchObject({
      code: 1,
      err: matching(/"other-backend" ran on cpu, and would go on on wasm \((relaxed-simd that rounds \w+|simd)\)/),
    });
    // auto goes on with what the run ran on.
    expect(await resume(run, "--backend", "auto")).toMatchObject({
      code: 0,
      err: containing("backend: that of the run, cpu\n"),
    });
    const changed = await copy("changed-backend");
    const plain = { SPECLOOM_CACHE: process.env["SPECLOOM_CACHE"] };
    expect(await resume(changed, "--backend", "wasm", "--change-backend")).toMatchObject({
      code: 0,
      err: containing("note: the run ran on cpu so far, and goes on on wasm"),
    });
    const metrics = JSON.parse(await readFile(inFolder(changed, "metrics.json"), "utf8")) as object;
    expect(metrics).toMatchObject({
      ran_on: [
        { from_step: 0, numbers: "cpu" },
        { from_step: 15, numbers: matching(/^wasm/) },
      ],
    });
    const { metadata } = readSafetensors(await readFile(inFolder(changed, "checkpoint.safetensors")));
    const numbers = /wasm \([^)]*\)/.exec(metadata["origin"] ?? "")?.[0] ?? "";
    if (!numbers.includes("relaxed")) return;
    const before = process.env["SPECLOOM_WASM"];
    process.env["SPECLOOM_WASM"] = "simd";
    try {
      const argv = ["run", "specs/wave.yaml", "--backend", "wasm", "--epochs", "6", "--resume", changed];
      const { code, err } = await specloom(argv, { cwd, env: plain });
      expect({ code, err }).toMatchObject({
        code: 1,
        err: containing(`ran on ${numbers}, and would go on on wasm (simd)`),
      });
    } finally {
      if (before === undefined) delete process.env["SPECLOOM_WASM"];
      else process.env["SPECLOOM_WASM"] = before;
    }
  });

  it("refuses early stopping by something else, which past epochs cannot be compared by", async () => {
    const run = await copy("other-selection");
    const set = ["--set", "train.early_stopping.patience=9", "--set", "train.early_stopping.metric=mae"];
    expect((await resume(run, ...set)).err).toContain("what selects the best weights: validation_loss then, mae now");
    expect(await resume(run, ...set.slice(0, 2))).toMatchObject({ code: 0 });
  });

  it("refuses a checkpoint that was damaged", async () => {
    const run = await copy("damaged");
    const file = inFolder(run, "checkpoint.safetensors");
    const whole = await readFile(file);
    const damages: Readonly<Record<string, Buffer>> = {
      flipped: Buffer.from(whole.map((byte, index) => (index === whole.length - 40 ? byte ^ 16 : byte))),
      "half written": Buffer.concat([whole.subarray(0, whole.length - 200), Buffer.alloc(200)]),
      "cut off": whole.subarray(0, whole.length / 2),
    };
    for (const [name, bytes] of Object.entries(damages)) {
      await writeFile(file, bytes);
      const { code, err } = await resume(run);
      expect({ name, code, err }).toMatchObject({
        code: 1,
        err: matching(/^damaged\/checkpoint.safetensors: error\[invalid-(safetensors|checkpoint)\]: /),
      });
    }
    await copyFile(inFolder(run, "weights.safetensors"), file);
    expect((await resume(run)).err).toContain("not a checkpoint of a training");
    const weights = await readFile(inFolder(run, "weights.safetensors"));
    await writeFile(inFolder(run, "weights.safetensors"), weights.fill(7, weights.length - 8, weights.length - 7));
    expect((await call("evaluate", run, "--backend", "cpu")).err).toMatch(
      /^damaged\/weights.safetensors: error\[invalid-safetensors\]: this safetensors file is damaged: its checksum/,
    );
  });

  it("plans a schedule anew that is as long as the training, and says so", async () => {
    const set = ["--set", "schedule.kind=cosine", "--set", "schedule.per=epoch"];
    const run = (...more: readonly string[]) =>
      call("run", "specs/wave.yaml", "--backend", "cpu", ...set, "--set", ...more);
    expect(await run("train.epochs=2", "--out", "cosine")).toMatchObject({ code: 0 });
    expect(await run("train.epochs=4", "--resume", "cosine")).toMatchObject({
      code: 0,
      err: matching(
        /note: the schedule cosine is planned anew for the length of this training: t_max was 2 and is 4\./,
      ),
    });
    const rates = (await readFile(inFolder("cosine", "log.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly learning_rate: number }).learning_rate);
    expect(rates).toHaveLength(4);
    // Half way down the longer cosine, where the shorter one had already come to its end.
    expect(rates[2]).toBeCloseTo(0.005, 12);
    const other = ["--set", "schedule.kind=step", "--set", "schedule.step_size=2"];
    expect(await resume("cosine", ...other)).toMatchObject({ code: 1, err: containing("weights-of-another-spec") });
  });

  it("stops in its first epoch with weights that serve, and a report", async () => {
    const keys = new Keys();
    const pressed = setInterval(() => {
      if (keys.heard) keys.pressControlC();
    }, 5);
    const argv = ["run", "specs/wave.yaml", "--backend", "cpu", "--set", "train.batch_size=1", "--epochs", "500"];
    const stopped = await specloom([...argv, "--out", "first-epoch"], { cwd, signals: keys });
    clearInterval(pressed);
    expect(stopped).toMatchObject({ code: 130, err: containing("everything is saved. Continue with:") });
    const unfinished = matching(/^note: the training of first-epoch has not ended \(epoch \d+, step \d+\); the /m);
    for (const verb of [
      ["evaluate", "first-epoch"],
      ["predict", "first-epoch", "specs/data/wave.csv"],
    ]) {
      expect(await call(...verb, "--backend", "cpu")).toMatchObject({ code: 0, err: unfinished });
    }
    expect(await call("report", "first-epoch", "--backend", "cpu")).toMatchObject({
      code: 0,
      out: "first-epoch/report.html\n",
      err: unfinished,
    });
    expect(await readFile(inFolder("first-epoch/report.html"), "utf8")).toContain(", not ended");
    const weights = ["--weights", "first-epoch/weights.safetensors", "--backend", "cpu"];
    expect(await call("evaluate", "specs/wave.yaml", "--set", "train.batch_size=1", ...weights)).toMatchObject({
      code: 0,
    });
    await rm(inFolder("first-epoch/weights.safetensors"));
    const { code, err } = await call("evaluate", "first-epoch", "--backend", "cpu");
    expect({ code, err }).toMatchObject({ code: 1, err: containing("that writes what it lacks.") });
  });

  it("forgets the metrics of a training that goes on", async () => {
    const run = await copy("goes-on");
    const keys = new Keys();
    const pressed = setInterval(() => {
      if (keys.heard) keys.pressControlC();
    }, 5);
    const argv = ["run", "specs/wave.yaml", "--backend", "cpu", "--epochs", "5000", "--resume", run];
    expect(await specloom(argv, { cwd, signals: keys })).toMatchObject({ code: 130 });
    clearInterval(pressed);
    expect(await readdir(inFolder(run))).not.toContain("metrics.json");
    expect((await call("report", run, "--backend", "cpu")).err).toContain("has not ended");
  });

  it("refuses a folder that another process has, that holds no run, or that is none", async () => {
    const run = await copy("held");
    const lock = await lockRun(inFolder(run));
    const inUse = containing(`error[run-directory-in-use]: another process (id ${String(process.pid)}, since `);
    expect(await resume(run)).toMatchObject({ code: 1, err: inUse });
    expect(await call("run", "specs/wave.yaml", "--backend", "cpu", "--out", run)).toMatchObject({ code: 1 });
    await lock.release();
    await mkdir(inFolder("bare"));
    expect((await resume("bare")).err).toContain("bare: error[not-a-run]: this folder holds no run");
    expect((await resume("nowhere")).err).toContain("nowhere: error[not-a-run]: there is no such run.");
    expect((await resume("specs/wave.yaml")).err).toContain("this is a file, but the folder of a run was expected");
    const early = await copy("early");
    for (const file of await readdir(inFolder(early))) await rm(inFolder(early, file));
    await writeFile(inFolder(early, "log.jsonl"), "");
    const { err } = await resume(early);
    expect(err).toContain("early: error[nothing-to-resume]: this run was stopped before its first checkpoint");
    expect(err).toContain("--out early instead of --resume early");
  });
});
