/** `specloom compile SPEC...`: specs to modules, or one of the levels in between as text. */
import path from "node:path";
import { Option, type Command } from "commander";
import { gpuModule } from "../../compiler/compile.ts";
import type { Compilation, TargetName } from "../../compiler/contracts/programs.ts";
import { printGraph, printProgram } from "../../compiler/ir/print.ts";
import { printWasm } from "../../compiler/stages/8-print.ts";
import { EXIT } from "../support/faults.ts";
import { Mistake } from "../support/mistake.ts";
import { GENERATED, modulePath, moduleState, writeModule, type ModuleState } from "../support/module-file.ts";
import { jsonOption, setOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { assembled, compileSpec } from "../support/spec-file.ts";

const LEVELS = ["graph", "gradient", "kernels"] as const;
const TARGETS = ["gpu", "wasm"] as const;

interface CompileFlags {
  readonly output: string;
  readonly check?: boolean;
  readonly emit?: (typeof LEVELS)[number];
  readonly target?: (typeof TARGETS)[number];
  readonly set: readonly string[];
  readonly json?: boolean;
}

export function addCompile(program: Command, session: Session): void {
  program
    .command("compile")
    .summary("write the TypeScript module of a spec")
    .description("Writes DIR/<name>.ts for every spec. Files that are up to date are left alone.")
    .argument("<spec...>", "spec files")
    .option("-o, --output <dir>", "folder for the modules", GENERATED)
    .addOption(new Option("--check", "write nothing; exit with 1 where a module is not what its spec gives now"))
    .addOption(new Option("--emit <level>", "print a level of the compiler instead").choices(LEVELS).conflicts("check"))
    .addOption(
      new Option("--target <name>", "write for the gpu target alone; with --emit kernels, whose kernels").choices(
        TARGETS,
      ),
    )
    .addOption(setOption())
    .addOption(jsonOption("what was written"))
    .action((specs: readonly string[], flags: CompileFlags) =>
      session.run(flags, () => compileAll(session, specs, flags)),
    );
}

async function compileAll(session: Session, specs: readonly string[], flags: CompileFlags): Promise<number> {
  let worst: number = EXIT.ok;
  const written = new Map<string, string>();
  const targets = targetsOf(flags);
  for (const spec of specs) {
    try {
      const { compilation } = await compileSpec(session.terminal, spec, flags.set, {
        withoutData: true,
        targets,
        note: session.note,
      });
      if (flags.emit !== undefined) {
        emitLevel(session, compilation, flags.emit, flags.target ?? "gpu");
        continue;
      }
      const file = modulePath(flags.output, compilation.model.name);
      refuseSecond(written, file, spec);
      const { moduleText: text, reused } = targets.includes("wasm")
        ? await assembled(compilation, session.terminal.env)
        : { moduleText: gpuModule(compilation), reused: false };
      await bringUpToDate(session, { spec, file, text, reused, check: flags.check === true });
    } catch (error) {
      worst = Math.max(worst, session.tell(error));
    }
  }
  return worst;
}

/** The levels before the kernels are those of all targets. */
function targetsOf({ emit, target }: CompileFlags): readonly TargetName[] {
  if (emit === undefined) return target === "gpu" ? ["gpu"] : TARGETS;
  return emit === "kernels" && target === "wasm" ? TARGETS : ["gpu"];
}

function refuseSecond(written: Map<string, string>, file: string, spec: string): void {
  const first = written.get(file);
  if (first !== undefined) {
    throw new Mistake({
      code: "same-module",
      message: `${first} and ${spec} would both write this module.`,
      help: "rename one of the specs, or compile them into different folders with -o.",
      file,
    });
  }
  written.set(file, spec);
}

interface ModuleRequest {
  readonly spec: string;
  readonly file: string;
  readonly text: string;
  /** Its WebAssembly had been assembled before. */
  readonly reused: boolean;
  readonly check: boolean;
}

async function bringUpToDate(session: Session, { spec, file, text, reused, check }: ModuleRequest): Promise<void> {
  const state = await moduleState(session.terminal, file, text);
  if (check && state !== "fresh") throw staleModule(spec, file, state);
  if (state !== "fresh") await writeModule(session.terminal, file, text);
  session.emit({ spec, module: file, written: state !== "fresh", reused });
  const note = reused ? " (WebAssembly reused)" : "";
  session.print(state === "fresh" ? `${file} is up to date${note}` : `${spec} -> ${file}${note}`);
}

function staleModule(spec: string, file: string, state: ModuleState): Mistake {
  const folder = path.dirname(file);
  const output = folder === GENERATED ? "" : ` -o ${folder}`;
  return new Mistake({
    code: "stale-module",
    message: state === "missing" ? `${spec} has not been compiled yet.` : `this is not what ${spec} gives now.`,
    help: `run \`specloom compile ${spec}${output}\` and commit the result.`,
    file,
  });
}

function emitLevel(
  session: Session,
  compilation: Compilation,
  level: (typeof LEVELS)[number],
  target: (typeof TARGETS)[number],
): void {
  const { model, graphs, programs } = compilation;
  const texts = {
    graph: () => [graphs.predict, graphs.evaluate].map(printGraph),
    gradient: () => [graphs.gradients, graphs.train_step].map(printGraph),
    kernels: () => (target === "wasm" ? [printWasm(compilation).text] : Object.values(programs).map(printProgram)),
  } satisfies Record<typeof level, () => string[]>;
  const text = texts[level]().join("\n");
  session.emit({ spec: model.name, level, text });
  if (!session.json) session.print(text.trimEnd());
}
