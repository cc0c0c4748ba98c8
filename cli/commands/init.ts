/** `specloom init [DIR]`: a commented spec, for a table that it is shown or for a task with made-up data. */
import { existsSync } from "node:fs";
import path from "node:path";
import { Option, type Command } from "commander";
import { compile, type CompileOptions } from "../../compiler/compile.ts";
import { specNamePattern, specNameRule } from "../../compiler/schema/names.ts";
import { invariant } from "../../compiler/support/internal-error.ts";
import { projectRoot } from "../data/files.ts";
import { openTable } from "../data/series-file.ts";
import { writeFileAtomically } from "../run/atomic-write.ts";
import { EXIT } from "../support/faults.ts";
import { Mistake } from "../support/mistake.ts";
import { makeFolder } from "../support/module-file.ts";
import { jsonOption } from "../support/options.ts";
import { readNamedFile } from "../support/read-file.ts";
import type { Session } from "../support/session.ts";
import { studyTable } from "../support/study-table.ts";
import { classificationExample, classificationSpec, forecastSpec, seriesExample } from "../support/templates.ts";
import { reach } from "../support/terminal.ts";

interface InitFlags {
  readonly data?: string;
  readonly task: "forecast" | "classify";
  readonly name?: string;
  readonly json?: boolean;
}

export function addInit(program: Command, session: Session): void {
  program
    .command("init")
    .summary("write a commented spec to start from")
    .description(
      "Writes a commented spec into DIR: for a table of numbers (--data), whose columns it finds out, or for a task, with " +
        "a small made-up data file to try it on. Nothing that exists is overwritten.",
    )
    .argument("[dir]", "folder for the spec; made if it does not exist", ".")
    .addOption(new Option("--data <file>", "a table (CSV or JSONL) whose rows are in time order"))
    .addOption(
      new Option("--task <name>", "what the model is for, where no data is shown")
        .choices(["forecast", "classify"])
        .default("forecast"),
    )
    .addOption(new Option("--name <name>", "name of the spec; default: that of the data file or the task"))
    .addOption(jsonOption("the paths of the files"))
    .action((folder: string, flags: InitFlags) => session.run(flags, () => init(session, folder, flags)));
}

/** A file to write; bytes for data that is copied as it is. */
interface NewFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

async function init(session: Session, folder: string, flags: InitFlags): Promise<number> {
  const files =
    flags.data === undefined ? forTask(folder, flags) : await forTable(session, folder, flags.data, flags.name);
  for (const { path: file } of files) {
    if (!existsSync(reach(session.terminal, file))) continue;
    throw new Mistake({
      code: "file-exists",
      message: "this file exists already, and is not overwritten.",
      help: "choose another name with --name, or another folder.",
      file,
    });
  }
  for (const { path: file, content } of files) {
    await makeFolder(session.terminal, path.dirname(file));
    await writeFileAtomically(reach(session.terminal, file), content);
    session.emit({ written: file });
    session.print(`wrote ${file}`);
  }
  session.print(`next: ${session.terminal.program} run ${files[0]?.path ?? ""}`);
  return EXIT.ok;
}

function forTask(folder: string, { task, name = task }: InitFlags): readonly NewFile[] {
  const spec = path.join(folder, `${checkedName(name)}.yaml`);
  if (task === "forecast") {
    const { text, study } = seriesExample();
    const file = "data/example.csv";
    const specText = forecastSpec({ name, file, study });
    check(spec, specText);
    return [
      { path: spec, content: specText },
      { path: path.join(folder, file), content: text },
    ];
  }
  const file = "data/example.json";
  const specText = classificationSpec({ name, file });
  check(spec, specText);
  return [
    { path: spec, content: specText },
    { path: path.join(folder, file), content: classificationExample() },
  ];
}

/** A table inside the project is named where it lies; another one is copied beside the spec. */
async function forTable(
  session: Session,
  folder: string,
  data: string,
  name: string | undefined,
): Promise<readonly NewFile[]> {
  const { terminal } = session;
  const bytes = await readNamedFile(terminal, data, "a table");
  const study = studyTable(openTable(data, bytes, data));
  study.remarks.forEach((remark) => {
    session.note(`note: ${remark}`);
  });
  const stem = checkedName(name ?? nameFrom(path.basename(data, path.extname(data))));
  const spec = path.join(folder, `${stem}.yaml`);
  const from = path.resolve(terminal.cwd, folder);
  const source = path.resolve(terminal.cwd, data);
  const inProject = !path.relative(projectRoot(from, terminal.cwd), source).startsWith("..");
  const copied = path.join("data", path.basename(data));
  const file = inProject ? path.relative(from, source) : copied;
  const text = forecastSpec({ name: stem, file: file.replaceAll(path.sep, "/"), study });
  check(spec, text, { projectRoot: projectRoot(from, terminal.cwd), directory: from });
  return [{ path: spec, content: text }, ...(inProject ? [] : [{ path: path.join(folder, copied), content: bytes }])];
}

/** A name that a spec may have, out of the name of a file. */
function nameFrom(stem: string): string {
  const words = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "");
  return words === "" ? "forecast" : words;
}

function checkedName(name: string): string {
  if (new RegExp(specNamePattern).test(name)) return name;
  throw new Mistake({
    code: "wrong-name",
    message: `${JSON.stringify(name)} cannot be the name of a spec.`,
    help: specNameRule,
  });
}

/** What is written must compile: a template that does not is a mistake of ours. */
function check(file: string, text: string, places: CompileOptions = {}): void {
  const { diagnostics } = compile({ file, text }, places);
  invariant(diagnostics.length === 0, `the new spec is wrong: ${diagnostics[0]?.message ?? ""}`);
}
