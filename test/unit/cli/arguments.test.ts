import { describe, expect, it } from "vitest";
import { specloom } from "../../support/command-line.ts";

describe("the command line", () => {
  it("shows its commands", async () => {
    const { code, out, err } = await specloom(["--help"]);
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const verb of [
      "init",
      "validate",
      "compile",
      "run",
      "evaluate",
      "predict",
      "inspect",
      "report",
      "bench",
      "doctor",
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${verb} `, "m"));
    }
  });

  it("shows its version", async () => {
    expect(await specloom(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" });
  });

  it("has every flag of run", async () => {
    const { out } = await specloom(["run", "--help"]);
    for (const flag of ["epochs", "backend", "threads", "seed", "weights", "resume", "set", "out", "json", "quiet"]) {
      expect(out).toContain(`--${flag}`);
    }
  });

  it.each([
    [["vaildate", "a.yaml"], "unknown command 'vaildate'", "validate"],
    [["run", "a.yaml", "--epoch", "3"], "unknown option '--epoch'", "--epochs"],
  ])("suggests what %j may mean", async (argv, message, suggestion) => {
    const { code, out, err } = await specloom(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err).toContain(`Did you mean ${suggestion}?`);
  });

  it.each([
    [[], "Usage: specloom"],
    [["validate"], "missing required argument 'spec'"],
    [["run", "a.yaml", "--epochs", "many"], "must be a whole number from 0"],
    [["run", "a.yaml", "--epochs", "1.5"], "must be a whole number from 0"],
    [["run", "a.yaml", "--backend", "gpu"], "Allowed choices are auto, webgpu, webgl2, headlessgl, wasm, webasm, cpu"],
    [["run", "a.yaml", "--resume", "r", "--seed", "1"], "cannot be used with option"],
    [["run", "a.yaml", "--resume", "r", "--out", "o"], "cannot be used with option"],
    [["compile", "a.yaml", "--emit", "assembly"], "Allowed choices are graph, gradient, kernels"],
    [["compile", "a.yaml", "--check", "--emit", "graph"], "cannot be used with option"],
    [["run", "a.yaml", "--threads", "0"], "must be a whole number from 1"],
    [["bench", "a.yaml", "--backend", "wasm,auto"], "Allowed choices are wasm, webasm, cpu, webgpu, headlessgl"],
    [["bench", "a.yaml", "--seconds", "0"], "It must be a number above 0"],
    [["inspect", "a.yaml", "--graph", "--memory"], "cannot be used with option"],
    [["inspect", "a.yaml", "b.yaml"], "too many arguments"],
  ])("refuses %j as wrong usage", async (argv, message) => {
    const { code, err } = await specloom(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
