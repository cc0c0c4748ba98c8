import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, matching, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

describe("commands on files", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const call = (...argv: readonly string[]) => specloom(argv, { cwd });
  const write = (file: string, text: string): Promise<void> => writeFile(path.join(cwd, file), text);

  beforeAll(async () => {
    const folder = await folderWith({
      "specs/wave.yaml": waveSpec(),
      "specs/wrong.yaml": waveSpec({ optimizer: "{kind: adma}", metrics: "[mea]" }),
      "specs/columns.yaml": waveSpec({ data: "{kind: series, file: data/wave.csv, columns: [valu], window: 6}" }),
      "specs/bytes.yaml": "\ud800",
      "specs/text.yaml": waveSpec({ data: "{kind: series, file: data/wave.csv, columns: [month], window: 6}" }),
      "specs/data/wave.csv": waveCsv,
      "other/wave.yaml": waveSpec(),
    });
    cwd = folder.path;
    remove = folder.remove;
    await writeFile(path.join(cwd, "specs/bytes.yaml"), Uint8Array.from([0xff, 0xfe]));
  });
  afterAll(() => remove());

  describe("validate", () => {
    it("says that a spec is right", async () => {
      expect(await call("validate", "specs/wave.yaml")).toMatchObject({
        code: 0,
        out: "specs/wave.yaml: ok\n",
        err: "",
      });
    });

    it("says so to tools too", async () => {
      expect((await call("validate", "--json", "specs/wave.yaml")).objects).toEqual([
        { spec: "specs/wave.yaml", valid: true, examples: { train: 36, validation: 6, test: 12 }, notes: [] },
      ]);
    });

    it("tells a column of text in a few words", async () => {
      const { code, err } = await call("validate", "specs/text.yaml");
      expect(code).toBe(1);
      expect(err.match(/error\[not-a-number\]/g)).toHaveLength(3);
      expect(err).toContain("note: 57 more of this kind are not shown.");
      const { objects } = await call("validate", "specs/text.yaml", "--json");
      expect(objects.map(({ more }) => more)).toEqual([undefined, undefined, 57]);
    });

    it("lists every mistake of every spec, as text and as JSON", async () => {
      const { code, out, err } = await call("validate", "specs/wave.yaml", "specs/wrong.yaml", "specs/columns.yaml");
      expect(code).toBe(1);
      expect(out).toBe("specs/wave.yaml: ok\n");
      expect(err).toContain('help: did you mean "adam"?');
      expect(err).toContain('help: did you mean "mae"?');
      expect(err).toContain('the file has no column "valu"');
      const { objects } = await call("validate", "--json", "specs/wrong.yaml", "specs/columns.yaml");
      expect(objects.map((object) => object["file"])).toEqual([
        "specs/wrong.yaml",
        "specs/wrong.yaml",
        "specs/data/wave.csv",
      ]);
      expect(Object.keys(objects[0] ?? {})).toEqual(Object.keys(objects[2] ?? {}));
    });

    it.each([
      [
        "specs/wvae.yaml",
        "specs/wvae.yaml: error[file-missing]: there is no such file.\n  help: did you mean specs/wave.yaml?\n",
      ],
      [
        "nowhere/a.yaml",
        "nowhere/a.yaml: error[file-missing]: there is no such file.\n  help: the folder nowhere does not exist either.\n",
      ],
      [
        "specs",
        "specs: error[folder-given]: this is a folder, but a spec (.yaml) was expected.\n  help: name a file in it.\n",
      ],
      [
        "specs/bytes.yaml",
        "specs/bytes.yaml: error[not-text]: the file is not UTF-8 text.\n  help: a spec is a text file; save it as UTF-8.\n",
      ],
      [
        "specs/data/wave.csv",
        "specs/data/wave.csv: error[not-a-spec]: this is not a spec (.yaml).\n  help: a spec ends in .yaml.\n",
      ],
    ])("refuses %s", async (file, err) => {
      expect(await call("validate", file)).toMatchObject({ code: 1, out: "", err });
    });

    it("colours errors on a terminal only, and never with NO_COLOR", async () => {
      const argv = ["validate", "specs/wrong.yaml"];
      expect((await specloom(argv, { cwd, isTTY: true })).err).toContain("\u001b[1;31merror[");
      expect((await specloom(argv, { cwd, isTTY: true, env: { NO_COLOR: "1" } })).err).not.toContain("\u001b");
      expect((await specloom(argv, { cwd })).err).not.toContain("\u001b");
    });
  });

  describe("compile", () => {
    it("writes once, then leaves the file alone, and knows when it is stale", async () => {
      const check = ["compile", "specs/wave.yaml", "-o", "out", "--check"] as const;
      expect(await call(...check)).toMatchObject({ code: 1, err: containing("error[stale-module]") });
      expect(await call("compile", "specs/wave.yaml", "-o", "out")).toMatchObject({
        code: 0,
        out: matching(/^specs\/wave\.yaml -> out\/wave\.ts( \(WebAssembly reused\))?\n$/),
      });
      expect(await call("compile", "specs/wave.yaml", "-o", "out")).toMatchObject({
        out: "out/wave.ts is up to date (WebAssembly reused)\n",
      });
      expect(await call(...check)).toMatchObject({ code: 0 });
      await write("out/wave.ts", `${await readFile(path.join(cwd, "out/wave.ts"), "utf8")}export const added = 1;\n`);
      const { code, err } = await call(...check);
      expect(code).toBe(1);
      expect(err).toContain("help: run `specloom compile specs/wave.yaml -o out` and commit the result.");
    });

    it("never overwrites what it did not write", async () => {
      await mkdir(path.join(cwd, "mine"));
      await write("mine/wave.ts", "export const mine = 1;\n");
      expect(await call("compile", "specs/wave.yaml", "-o", "mine")).toMatchObject({
        code: 1,
        err: containing("error[not-generated]"),
      });
      expect(await readFile(path.join(cwd, "mine/wave.ts"), "utf8")).toBe("export const mine = 1;\n");
    });

    it("refuses two specs for one module, and a folder that cannot be made", async () => {
      expect(await call("compile", "specs/wave.yaml", "other/wave.yaml", "-o", "two")).toMatchObject({
        code: 1,
        err: containing("error[same-module]: specs/wave.yaml and other/wave.yaml"),
      });
      expect(await call("compile", "specs/wave.yaml", "-o", "specs/wave.yaml/x")).toMatchObject({
        code: 1,
        err: containing("error[output-folder]"),
      });
    });

    it("says when the WebAssembly was assembled before", async () => {
      const again = await call("compile", "specs/wave.yaml", "-o", "again", "--json");
      expect(again.objects).toMatchObject([{ module: "again/wave.ts", written: true, reused: true }]);
    });

    it("prints the AssemblyScript of the wasm target", async () => {
      const { code, out } = await call("compile", "specs/wave.yaml", "--emit", "kernels", "--target", "wasm");
      expect(code).toBe(0);
      expect(out).toMatch(/^export function train_step\(\w+: i32\): i32 \{$/m);
    });

    it.each([
      ["graph", /^graph predict$/m],
      ["gradient", /^graph train_step$/m],
      ["kernels", /^program train_step$/m],
    ])("prints the level %s", async (level, heading) => {
      const { code, out } = await call("compile", "specs/wave.yaml", "--emit", level);
      expect(code).toBe(0);
      expect(out).toMatch(heading);
    });
  });

  describe("inspect", () => {
    it("shows layers, parameters and cost", async () => {
      const { code, out } = await call("inspect", "specs/wave.yaml");
      expect(code).toBe(0);
      expect(out).toMatch(/encoder +lstm +series +\[B, T, H\] = \[8, 6, 3\] +72/);
      expect(out).toContain("80 parameters");
      expect(out).toMatch(/gpu target +FLOPs +bytes moved/);
      expect(out).toMatch(/wasm target +matrix FLOPs/);
      expect(out).toMatch(/^memory of the wasm target: [\d.]+ kB, and /m);
      expect(out).toMatch(/^ {2}in all \/ needed +[\d.]+/m);
      expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
      const { objects } = await call("inspect", "specs/wave.yaml", "--json");
      expect(objects).toMatchObject([{ name: "wave", batch_size: 8, parameter_count: 80 }]);
    });

    it("shows where the tensors of a program lie, and when", async () => {
      const { code, out } = await call("inspect", "specs/wave.yaml", "--memory");
      expect(code).toBe(0);
      expect(out).toMatch(/^wave, train_step: where its tensors lie/);
      expect(out).toMatch(/^ +0 B \|/m);
      expect(out).toMatch(/^ *576 +\d+ +start +end +P +encoder\.weight_ih_l0 \[12,1\]$/m);
      expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
      const one = ["inspect", "specs/wave.yaml", "--memory", "--program", "predict_one"];
      const { objects } = await call(...one, "--json");
      expect(objects).toMatchObject([{ name: "wave", program: "predict_one" }]);
      expect(await call(...one, "--set", "train.batch_size=1")).toMatchObject({
        code: 1,
        err: containing("error[no-such-program]"),
      });
      const step = ["inspect", "specs/wave.yaml", "--memory", "--program", "stream_step"];
      expect((await call(...step, "--json")).objects).toMatchObject([{ name: "wave", program: "stream_step" }]);
      expect((await call(...step.with(-1, "stream_start"))).err).toContain(
        '"wave" has no program stream_start: no step of its stream needs anything beforehand.',
      );
    });

    it("draws the model", async () => {
      const { out } = await call("inspect", "specs/wave.yaml", "--graph");
      expect(out).toMatch(/^flowchart TD\n/);
      expect(out).toContain('n2["encoder<br/>lstm<br/>[B, T, H] = [8, 6, 3]"]');
      expect(out).toContain("n0 --> n2");
    });
  });

  describe("wrong usage", () => {
    it.each([
      [["run", "--jsonn", "--json"], "unknown option '--jsonn'"],
      [["run", "--json"], "missing required argument 'spec|module'"],
      [["run", "specs/wave.yaml", "--epochs", "x", "--json"], "--epochs"],
    ])("is an object where --json asks for objects: %j", async (argv, message) => {
      const { code, objects, err } = await call(...argv);
      expect(code).toBe(2);
      expect(objects).toMatchObject([{ severity: "error", code: "usage", message: containing(message) }]);
      expect(err).toContain(message);
    });
  });

  describe("a model of many layers", () => {
    it("says why it takes its time", async () => {
      const layers = `[${"{kind: layer_norm}, ".repeat(50)}{name: forecast, kind: linear, out_features: 1}]`;
      await writeFile(path.join(cwd, "specs/deep.yaml"), waveSpec({ layers, outputs: "[forecast]" }));
      const said = "compiling 51 layers; some seconds for each hundred of them\n";
      const graph = ["specs/deep.yaml", "--emit", "graph"];
      expect(await call("compile", ...graph)).toMatchObject({ code: 0, err: said });
      expect(await call("compile", "specs/wave.yaml", "--emit", "graph")).toMatchObject({ code: 0, err: "" });
    });
  });

  describe("what has not been trained", () => {
    it("is said clearly", async () => {
      const { code, err } = await call("evaluate", "specs/wave.yaml");
      expect(code).toBe(1);
      expect(err).toBe(
        'specs/wave.yaml: error[no-trained-run]: "wave" has not been trained here: there is no run in runs/wave.\n' +
          "  help: train it with `specloom run specs/wave.yaml`, or name weights with --weights.\n",
      );
      expect(await call("report", "specs")).toMatchObject({
        code: 1,
        err: containing("error[not-a-run]"),
      });
      expect(await call("predict", "specs/wave.yaml", "--text", "hello")).toMatchObject({
        code: 1,
        err: containing("error[text-for-numbers]"),
      });
    });
  });

  describe("init", () => {
    it("writes a spec for a table, which validates, and overwrites nothing", async () => {
      const argv = ["init", "new", "--data", "specs/data/wave.csv"];
      expect(await call(...argv)).toMatchObject({
        code: 0,
        out: "wrote new/wave.yaml\nnext: specloom run new/wave.yaml\n",
      });
      const text = await readFile(path.join(cwd, "new/wave.yaml"), "utf8");
      expect(text).toContain("file: ../specs/data/wave.csv".replace("../", '"../').replace(".csv", '.csv"'));
      expect(text).toContain("columns: [value]");
      expect(await call("validate", "new/wave.yaml")).toMatchObject({ code: 0 });
      expect(await call(...argv)).toMatchObject({ code: 1, err: containing("error[file-exists]") });
      expect(await readFile(path.join(cwd, "new/wave.yaml"), "utf8")).toBe(text);
    });

    it.each(["forecast", "classify"])("writes a spec for the task %s, which validates", async (task) => {
      expect(await call("init", task, "--task", task, "--name", `a-${task}`)).toMatchObject({ code: 0 });
      expect(await call("validate", `${task}/a-${task}.yaml`)).toMatchObject({ code: 0, err: "" });
    });

    it("refuses a name that no spec can have", async () => {
      expect(await call("init", "named", "--name", "../x")).toMatchObject({
        code: 1,
        err: containing("error[wrong-name]"),
      });
    });
  });
});
