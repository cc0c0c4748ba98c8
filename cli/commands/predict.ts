/** `specloom predict SPEC|MODULE|RUN [FILE]`: raw values in, raw values out. */
import { Option, type Command } from "commander";
import { isRecord } from "../../compiler/support/plain.ts";
import { dataSection } from "../../runtime/data/section.ts";
import { backendText } from "../support/backend-text.ts";
import { createModel } from "../support/create-model.ts";
import { EXIT } from "../support/faults.ts";
import { Mistake } from "../support/mistake.ts";
import { backendOption, jsonOption, quietOption, setOption, threadsOption, weightsOption } from "../support/options.ts";
import { predictSeries } from "../support/predict-series.ts";
import { isWriter, predictTensors, predictWritten } from "../support/predict-tensors.ts";
import { openGiven } from "../support/prediction-input.ts";
import type { Session } from "../support/session.ts";
import { openSubject } from "../support/subject.ts";
import { findWeights } from "../support/weights.ts";

interface PredictFlags {
  readonly text?: string;
  readonly backend: string;
  readonly threads?: number;
  readonly weights?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addPredict(program: Command, session: Session): void {
  program
    .command("predict")
    .summary("predict from new data")
    .description(
      "Predicts from raw values in a file or on standard input, and prints raw values: scaling and transforms are those " +
        "stored with the weights. A series is a table with the spec's columns (CSV or JSONL); its last rows are what the " +
        "forecast is made from. Tensors are JSON or safetensors with the names of the spec's inputs. A model that reads " +
        "nothing but its own tokens writes without a file.",
    )
    .argument("<spec|module|run>", "a spec, a generated module, or the folder of a run")
    .argument("[file]", "the data; standard input where it is left out")
    .addOption(new Option("--text <text>", "predict from this text (models of text only)"))
    .addOption(weightsOption("weights instead of those of a run"))
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(setOption())
    .addOption(jsonOption("predictions and all outputs of the model"))
    .addOption(quietOption())
    .action((given: string, file: string | undefined, flags: PredictFlags) =>
      session.run(flags, () => predict(session, given, file, flags)),
    );
}

async function predict(
  session: Session,
  given: string,
  file: string | undefined,
  flags: PredictFlags,
): Promise<number> {
  const accepts = ["spec", "module", "run"] as const;
  const subject = await openSubject(session.terminal, given, { accepts, overrides: flags.set });
  const { data } = subject.handle.definition.spec;
  const section = dataSection(isRecord(data) ? data : {});
  if (flags.text !== undefined) {
    throw new Mistake({
      code: "text-for-numbers",
      message: `--text is for models that read text, but "${subject.name}" reads numbers (data of kind ${section.kind}).`,
      help: "name a file of numbers instead, or write one to standard input.",
    });
  }
  const weights = await findWeights(session, subject, flags.weights);
  const writes = isWriter(subject.handle.definition);
  if (writes && file !== undefined) session.note(`not read: ${file}, for this model writes from nothing`);
  const input = writes ? undefined : await openGiven(session.terminal, file, section.kind);
  const live = await createModel(subject.handle, { ...flags, weights });
  try {
    if (input === undefined) {
      await predictWritten({ session, live });
    } else {
      const request = { session, subject, live, weights, input };
      await (section.kind === "series" ? predictSeries(request, section) : predictTensors(request));
    }
    session.note(`ran on: ${backendText(live.report())}`);
    return EXIT.ok;
  } finally {
    await live.dispose();
  }
}
