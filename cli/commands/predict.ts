/** `specloom predict SPEC|MODULE|RUN [FILE]`: raw values in, raw values out. */
import { Option, type Command } from "commander";
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import { readsOwnTokensOnly } from "@specloom/runtime/internal/model/decoded-examples";
import type { Dataset } from "../data/dataset.ts";
import { dataKindOf } from "../data-kinds/index.ts";
import { ranText } from "../support/backend-text.ts";
import { createModel } from "../support/create-model.ts";
import { aboutSpec, EXIT } from "../support/faults.ts";
import { loadData } from "../support/load-data.ts";
import { Mistake } from "../support/mistake.ts";
import { backendOption, jsonOption, quietOption, setOption, threadsOption, weightsOption } from "../support/options.ts";
import { predictTokens } from "../support/predict-tokens.ts";
import { openGiven, openIfGiven } from "../support/prediction-input.ts";
import type { Session } from "../support/session.ts";
import { openSubject, type Subject } from "../support/subject.ts";
import { findWeights, type TrainedWeights } from "../support/weights.ts";

interface PredictFlags {
  readonly text?: string;
  readonly backend: Backend;
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
        "forecast is made from. Tensors are JSON or safetensors with the names of the spec's inputs. A model with decode prints " +
        "the tokens it finds (complete: whether its token of the end ended them). One that reads nothing but its own tokens " +
        "goes on from those in the file, or writes from nothing where there is none.",
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
  const subject = await openSubject(session.terminal, given, {
    accepts,
    overrides: flags.set,
    note: session.note,
  });
  if (flags.text !== undefined) {
    throw new Mistake({
      code: "text-for-numbers",
      message: `--text is for models that read text, but "${subject.name}" reads numbers (data of kind ${subject.handle.definition.data.kind}).`,
      help: "name a file of numbers instead, or write one to standard input.",
    });
  }
  const weights = await findWeights(session, subject, flags.weights);
  const work = await predictionOf(session, subject, weights, file);
  const live = await createModel(subject.handle, { ...flags, weights }, session.note);
  try {
    await work(live);
    session.note(`ran on: ${ranText(live.report())}`);
    return EXIT.ok;
  } catch (error) {
    throw aboutSpec(error, subject.document);
  } finally {
    await live.dispose();
  }
}

/** Opens what is to be read before a model is made. */
async function predictionOf(
  session: Session,
  subject: Subject,
  weights: TrainedWeights,
  file: string | undefined,
): Promise<(live: LiveModel) => Promise<void>> {
  const { definition } = subject.handle;
  const { decode, data: section } = definition;
  const kind = dataKindOf(section);
  if (decode?.from === "tokens") {
    const open = readsOwnTokensOnly(definition) ? openIfGiven : openGiven;
    const input = await open(session, file, kind);
    return (live) => predictTokens({ session, live, decode, input });
  }
  const input = await openGiven(session, file, kind);
  const trained = (): Promise<Dataset> => loadData(subject);
  return (live) => kind.predict({ session, subject, live, weights, input, trained }, section);
}
