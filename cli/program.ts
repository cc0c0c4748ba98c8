/** The command line: arguments in, exit code out. */
import { Command, CommanderError } from "commander";
import { compilerVersion } from "../compiler/emit/version.ts";
import { addBench } from "./commands/bench.ts";
import { addCompile } from "./commands/compile.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addInit } from "./commands/init.ts";
import { addInspect } from "./commands/inspect.ts";
import { addPredict } from "./commands/predict.ts";
import { addReport } from "./commands/report.ts";
import { addRun } from "./commands/run.ts";
import { addValidate } from "./commands/validate.ts";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import { EXIT, faultOf } from "./support/faults.ts";
import { Session } from "./support/session.ts";
import { SCREEN_WIDTH } from "./support/table.ts";
import { processTerminal, say, takesColour, type Terminal } from "./support/terminal.ts";

/**
 * @param argv what stands behind `specloom` on the command line
 * @param given parts of the terminal that are not the process's own
 * @returns 0 ok, 1 the user's mistake, 2 wrong usage, 70 a mistake of specloom, 130 stopped by Ctrl-C after saving
 */
export async function main(argv: readonly string[], given: Partial<Terminal> = {}): Promise<number> {
  const terminal: Terminal = { ...processTerminal(), ...given };
  const session = new Session(terminal);
  try {
    await programFor(session).parseAsync([...argv], { from: "user" });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      const meant = error.code === "commander.unknownCommand" ? meantBy(argv[0] ?? "") : undefined;
      if (meant !== undefined) say(terminal.stderr, `The command for that is: ${terminal.program} ${meant}\n`);
      if (error.exitCode !== 0 && argv.includes("--json")) say(terminal.stdout, `${jsonText(usageObject(error))}\n`);
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    const fault = faultOf(error, terminal.env);
    say(terminal.stderr, fault.text);
    return fault.exitCode;
  }
}

/** Wrong usage for a tool, as other mistakes are told. */
function usageObject({ message }: CommanderError): object {
  return {
    file: null,
    line: null,
    column: null,
    severity: "error",
    code: "usage",
    message: message.replace(/^error: /, ""),
  };
}

function programFor(session: Session): Command {
  const { terminal } = session;
  const program = new Command("specloom")
    .description("Compiles a YAML spec of a sequence model into a TypeScript module that trains and predicts.")
    .version(compilerVersion)
    .showHelpAfterError("(see --help)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        say(terminal.stdout, text);
      },
      writeErr: (text) => {
        say(terminal.stderr, text);
      },
      getOutHelpWidth: () => SCREEN_WIDTH,
      getErrHelpWidth: () => SCREEN_WIDTH,
      getOutHasColors: () => takesColour(terminal, terminal.stdout),
      getErrHasColors: () => takesColour(terminal, terminal.stderr),
    });
  const commands = [
    addInit,
    addValidate,
    addCompile,
    addRun,
    addEvaluate,
    addPredict,
    addInspect,
    addReport,
    addBench,
    addDoctor,
  ];
  for (const add of commands) add(program, session);
  return program;
}

/** What other tools call our commands. */
const OTHER_NAMES = [
  ["run", ["train", "fit", "start"]],
  ["evaluate", ["test", "eval", "score"]],
  ["predict", ["infer", "inference", "forecast", "decode", "generate", "sample"]],
  ["compile", ["build", "make"]],
  ["validate", ["check", "lint", "verify"]],
  ["inspect", ["show", "info", "summary", "describe"]],
  ["init", ["new", "create"]],
  ["report", ["plot", "draw"]],
  ["bench", ["benchmark", "profile"]],
] as const;

function meantBy(given: string): string | undefined {
  return OTHER_NAMES.find(([, names]) => names.some((name) => name === given.toLowerCase()))?.[0];
}
