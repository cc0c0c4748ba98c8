/** `specloom compile SPEC...`: specs to modules, or one of the levels in between as text. */
import path from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { programOrder } from "../../compiler/code-text/program-order.ts";
import type { Compilation, TargetName } from "../../compiler/contracts/programs.ts";
import type { ModuleFiles } from "../../compiler/emit/module.ts";
import { printGraph, printProgram } from "../../compiler/ir/print.ts";
import { printWasm } from "../../compiler/stages/8-print.ts";
import type { AnyProgramName } from "@specloom/runtime/internal/contract";
import { joinWords } from "../../compiler/support/words.ts";
import { EXIT } from "../support/faults.ts";
import { Mistake } from "../support/mistake.ts";
import { GENERATED, isFresh, modulePath, moduleState, writeModule } from "../support/module-file.ts";
import type { ModuleState } from "../support/module-file.ts";
import { jsonOption, setOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { compileSpec, filesOf } from "../support/spec-file.ts";

const LEVELS = ["graph", "gradient", "kernels"] as const;
const TARGETS = ["gpu", "wasm"] as const;

interface CompileFlags {
  readonly output: string;
  readonly check?: boolean;
  readonly emit?: (typeof LEVELS)[number];
  readonly target?: (typeof TARGETS)[number];
  readonly programs?: readonly AnyProgramName[];
  readonly oneFile?: boolean;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export function addCompile(program: Command, session: Session): void {
  program
    .command("compile")
    .summary("write the TypeScript module of a spec")
    .description(
      "Writes DIR/<name>.ts for every spec, and the parts that it loads into DIR/<name>/. Files that are up to date are left alone.",
    )
    .argument("<spec...>", "spec files")
    .option("-o, --output <dir>", "folder for the modules", GENERATED)
    .addOption(new Option("--check", "write nothing; exit with 1 where a module is not what its spec gives now"))
    .addOption(new Option("--emit <level>", "print a level of the compiler instead").choices(LEVELS).conflicts("check"))
    .addOption(
      new Option("--target <name>", "write for one target alone; with --emit kernels, whose kernels").choices(TARGETS),
    )
    .addOption(
      new Option(
        "--programs <names>",
        "what the module shall do, with commas between: predict alone makes a small module",
      ).argParser(programNames),
    )
    .addOption(new Option("--one-file", "write all parts of a module into one file"))
    .addOption(setOption())
    .addOption(jsonOption("what was written"))
    .action((specs: readonly string[], flags: CompileFlags) =>
      session.run(flags, () => compileAll(session, specs, flags)),
    );
}

/** @throws InvalidArgumentError, which commander tells */
function programNames(text: string): readonly AnyProgramName[] {
  const asked = text.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !programOrder.some((known) => known === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`"${unknown}" is no program; there are ${joinWords(programOrder, "and")}.`);
  }
  return programOrder.filter((known) => asked.includes(known));
}

async function compileAll(session: Session, specs: readonly string[], flags: CompileFlags): Promise<number> {
  let worst: number = EXIT.ok;
  const written = new Map<string, string>();
  const { programs } = flags;
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
      const main = modulePath(flags.output, compilation.model.name);
      refuseSecond(written, main, spec);
      checkPrograms(spec, compilation, programs ?? []);
      const { files, reused } = await filesOf(compilation, session.terminal.env, {
        layout: flags.oneFile === true ? "one-file" : "files",
        targets,
        ...(programs === undefined ? {} : { programs }),
      });
      await bringUpToDate(session, { spec, main, directory: flags.output, files, reused, check: flags.check === true });
    } catch (error) {
      worst = Math.max(worst, session.tell(error));
    }
  }
  return worst;
}

/** The levels before the kernels are those of all targets. */
function targetsOf({ emit, target }: CompileFlags): readonly TargetName[] {
  if (emit !== undefined) return emit === "kernels" && target === "wasm" ? TARGETS : ["gpu"];
  return target === undefined ? TARGETS : [target];
}

/** @throws Mistake where the model has no such program */
function checkPrograms(spec: string, { programs }: Compilation, asked: readonly AnyProgramName[]): void {
  const absent = asked.filter((name) => programs[name] === undefined);
  if (absent.length === 0) return;
  throw new Mistake({
    code: "program-absent",
    message: `the model has no program ${joinWords(absent, "and")}.`,
    help: `it has ${joinWords(
      programOrder.filter((name) => programs[name] !== undefined),
      "and",
    )}.`,
    file: spec,
  });
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
  /** The file that is read. */
  readonly main: string;
  readonly directory: string;
  readonly files: ModuleFiles;
  /** Its WebAssembly had been assembled before. */
  readonly reused: boolean;
  readonly check: boolean;
}

async function bringUpToDate(session: Session, request: ModuleRequest): Promise<void> {
  const { spec, main, directory, files, reused, check } = request;
  const state = await moduleState(session.terminal, directory, files);
  const fresh = isFresh(state);
  if (check && !fresh) throw staleModule(request, state);
  if (!fresh) await writeModule(session.terminal, directory, state);
  const all = files.map(({ path: file }) => path.join(directory, file));
  session.emit({ spec, module: main, files: all, written: !fresh, reused });
  const note = reused ? " (WebAssembly reused)" : "";
  session.print(fresh ? `${main} is up to date${note}` : `${spec} -> ${main}${note}`);
}

function staleModule({ spec, main, directory }: ModuleRequest, { exists, stale, leftOver }: ModuleState): Mistake {
  const folder = path.normalize(directory);
  const output = folder === GENERATED ? "" : ` -o ${folder}`;
  const first = stale[0]?.path ?? leftOver[0];
  return new Mistake({
    code: "stale-module",
    message: exists ? `this is not what ${spec} gives now.` : `${spec} has not been compiled yet.`,
    help: `run \`specloom compile ${spec}${output}\` and commit the result.`,
    file: exists && first !== undefined ? path.join(directory, first) : main,
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
