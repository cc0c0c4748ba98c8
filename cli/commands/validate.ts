/** `specloom validate SPEC...`: the spec, and whether its data is what it says. */
import type { Command } from "commander";
import type { Dataset } from "../data/dataset.ts";
import { problemsOf, type Problem } from "@specloom/runtime/internal/problem";
import { EXIT, SpecProblem } from "../support/faults.ts";
import { jsonOption, setOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { loadData } from "../support/load-data.ts";
import { checkSpec, type CheckedSpec } from "../support/spec-file.ts";
import { kindOf } from "../support/subject.ts";
import { trainSettings } from "../support/train-settings.ts";

interface ValidateOptions {
  readonly json?: boolean;
  readonly set: readonly string[];
}

export function addValidate(program: Command, session: Session): void {
  program
    .command("validate")
    .summary("check specs and the data they name")
    .description(
      "Checks specs and the data they name, where it is there, and writes nothing. Mistakes are listed with their places: all of a spec that " +
        "do not follow from another, and those of its data where the spec has none.",
    )
    .argument("<spec...>", "spec files")
    .addOption(setOption())
    .addOption(jsonOption("diagnostics, or that a spec is valid,"))
    .action((specs: readonly string[], options: ValidateOptions) =>
      session.run(options, () => validateAll(session, specs, options.set)),
    );
}

async function validateAll(session: Session, specs: readonly string[], overrides: readonly string[]): Promise<number> {
  let worst: number = EXIT.ok;
  for (const spec of specs) {
    try {
      await kindOf(session.terminal, spec, ["spec"]);
      const subject = await checkSpec(session.terminal, spec, overrides, { withoutData: true });
      const dataset = await dataOf(session, spec, subject);
      if (dataset === undefined) continue;
      trainSettings(subject, {}, dataset);
      dataset.notes.forEach((note) => {
        session.note(`${spec}: note: ${note}`);
      });
      const { train, validation, test, notes } = dataset;
      const examples = { train: train.count, validation: validation.count, test: test.count };
      session.emit({ spec, valid: true, examples, notes });
      session.print(`${spec}: ok`);
    } catch (error) {
      worst = Math.max(worst, session.tell(error));
    }
  }
  return worst;
}

/** The data of a spec that says all sizes itself; without its file the spec is valid, and that is all that can be said. */
async function dataOf(session: Session, spec: string, subject: CheckedSpec): Promise<Dataset | undefined> {
  try {
    return await loadData(subject);
  } catch (error) {
    const missing = missingFiles(error);
    if (missing === undefined) throw error;
    const notes = missing.map(({ file, help }) => `${file ?? ""} does not exist, so no data is checked; ${help ?? ""}`);
    notes.forEach((note) => {
      session.note(`${spec}: note: ${note}`);
    });
    session.emit({ spec, valid: true, examples: null, notes });
    session.print(`${spec}: ok`);
    return undefined;
  }
}

function missingFiles(error: unknown): readonly Problem[] | undefined {
  const found = problemsOf(error instanceof SpecProblem ? error.cause : error)?.problems;
  return found?.every(({ code }) => code === "data-file-missing") === true ? found : undefined;
}
