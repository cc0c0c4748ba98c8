/**
 * The import law of the house: one list, from the ground up. A file may import from its own level and from those before it. `sees`
 * says so where that is too much. Levels in brackets stand side by side and do not know each other.
 *
 * A path without an ending stands for the folder and for the file of that name: `stages/1-parse/` and `stages/1-parse.ts`.
 * Of all paths that cover a file the longest counts: `runtime/shared` is a level of its own, inside of `runtime`.
 */

/**
 * @param {string | readonly string[]} paths from the project's root
 * @param {{ sees?: readonly string[], node?: boolean }} [facts] `sees`: the first paths of the levels that it knows, where those
 *   are not all before it; `node`: it may import Node's own modules
 */
const level = (paths, facts = {}) => ({ paths: [paths].flat(), ...facts });

const inCompiler = (path, facts = {}) => level(`compiler/${path}`, { node: true, ...facts });

/** A part of the command line that could be another program's too. */
const inCli = (path, own = []) =>
  level(`cli/${path}`, { node: true, sees: [shared, contract, live, "runtime", "compiler/metrics", ...own] });

/** What compiler and runtime both know: names of tensors, the facts of a module. */
const [shared, contract] = ["runtime/shared", "runtime/contract.ts"];
const live = "runtime/contract-live.ts";

/** What all is built on that makes code out of programs. */
const code = [shared, contract, "compiler/support", "compiler/elementwise", "compiler/ir", "compiler/ops"];

const order = [
  level(shared),
  level([
    contract,
    "runtime/contract-data.ts",
    "runtime/contract-programs.ts",
    "runtime/contract-task.ts",
    "runtime/kernel-types.ts",
  ]),

  inCompiler("support"),
  // Types alone: what passes between the stages.
  [inCompiler("contracts/document.ts"), inCompiler("contracts/spec.ts"), inCompiler("contracts/layer.ts")],
  inCompiler("diagnostics"),
  inCompiler("elementwise"),
  inCompiler("ir"),
  inCompiler("ops"),
  inCompiler("keys"),
  inCompiler("layers"),
  [
    inCompiler("cells"),
    inCompiler("losses"),
    inCompiler("optimizers"),
    inCompiler("schedules"),
    inCompiler("data"),
    inCompiler("metrics", { sees: [] }),
  ],
  inCompiler("schema"),
  inCompiler("contracts/model.ts"),
  inCompiler("contracts/programs.ts"),

  inCompiler("stages/1-parse"),
  inCompiler("stages/2-validate"),
  inCompiler("stages/3-resolve"),
  inCompiler("stages/4-build"),
  inCompiler("stages/5-differentiate"),
  // A pass knows graphs, a target the program, the emitter names and facts: none of them knows what a layer is.
  inCompiler("passes", { sees: code }),
  inCompiler("stages/6-optimise"),
  inCompiler("code-text", { sees: code }),
  // What a machine is to execute, before anything is printed: it knows no target.
  inCompiler("targets/plan", { sees: [...code, "compiler/code-text"] }),
  [
    inCompiler("targets/gpu", { sees: [...code, "compiler/code-text"] }),
    inCompiler("targets/wasm", { sees: [...code, "compiler/code-text", "compiler/targets/plan"] }),
    inCompiler("emit", {
      sees: [
        ...code,
        "compiler/code-text",
        "compiler/contracts/model.ts",
        "compiler/contracts/programs.ts",
        "compiler/optimizers",
        "compiler/schedules",
      ],
    }),
  ],
  inCompiler("stages/7-lower"),
  inCompiler("stages/8-print"),
  inCompiler("stages/9-emit"),
  inCompiler("compile.ts"),
  inCompiler("index.ts"),

  // The runtime: what a page and a service load.
  level([live, "runtime/contract-backend.ts"], { sees: [shared, contract] }),
  level("runtime", { sees: [shared, contract, live] }),
  // What the commands are made of knows the runtime and how predictions are scored, and nothing else of the compiler.
  inCli("data"),
  inCli("scoring", ["cli/data"]),
  [inCli("run", ["cli/data", "cli/scoring"]), inCli("report", ["cli/data", "cli/scoring"])],
  level("cli", { node: true }),
  level("generated", { sees: ["runtime"] }),
];

const ranked = order.flatMap((entry, rank) => [entry].flat().map((one) => ({ ...one, rank })));

/** The project's own packages, as those who install them call them. */
const ownPackages = { "@specloom/runtime": "runtime/index.ts", "specloom/compiler": "compiler/index.ts" };

const insideRuntime = "@specloom/runtime/internal/";

/** How a file of the runtime is imported from outside of it. */
export function runtimeName(file) {
  return file === "runtime/index.ts" ? "@specloom/runtime" : file.replace(/^runtime\/(.*)\.ts$/, `${insideRuntime}$1`);
}

/** The file that a package's name stands for, by its path from the project's root; undefined where it is not the project's. */
export function ownFile(name) {
  return name.startsWith(insideRuntime) ? `runtime/${name.slice(insideRuntime.length)}.ts` : ownPackages[name];
}

/** All paths of the list: each should cover something. */
export const levelPaths = ranked.flatMap(({ paths }) => paths);

/** The level of a file, by its path from the project's root; undefined where it has none. */
export function levelOf(file) {
  const covering = ranked.flatMap((one) =>
    one.paths.filter((path) => covers(path, file)).map((path) => ({ one, path })),
  );
  return covering.sort((a, b) => b.path.length - a.path.length)[0]?.one;
}

function covers(path, file) {
  return file === path || file === `${path}.ts` || file.startsWith(`${path}/`);
}

/** Whether a file of the one level may import a file of the other. */
export function sees(from, to) {
  if (from === to) return true;
  return from.sees === undefined ? to.rank < from.rank : from.sees.includes(to.paths[0]);
}
