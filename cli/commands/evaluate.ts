/** `specloom evaluate SPEC|MODULE|RUN`: scores of trained weights. */
import { Option, type Command } from "commander";
import type { Scale } from "../data/forecast.ts";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { PART_NAMES } from "../data/split.ts";
import { ranText } from "../support/backend-text.ts";
import { createModel } from "../support/create-model.ts";
import { evaluatePart } from "../support/evaluation.ts";
import { EXIT } from "../support/faults.ts";
import { Mistake } from "../support/mistake.ts";
import { backendOption, jsonOption, quietOption, setOption, threadsOption, weightsOption } from "../support/options.ts";
import { checkPredictionsFile, PREDICTION_ENDINGS, writePredictions } from "../support/predictions-file.ts";
import { reach } from "../support/terminal.ts";
import { scoreText } from "../support/score-text.ts";
import type { Session } from "../support/session.ts";
import { loadData } from "../support/load-data.ts";
import { openSubject } from "../support/subject.ts";
import { findWeights } from "../support/weights.ts";

interface EvaluateFlags {
  readonly part: PartName;
  readonly predictions?: string;
  readonly scale: Scale;
  readonly backend: Backend;
  readonly threads?: number;
  readonly weights?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addEvaluate(program: Command, session: Session): void {
  program
    .command("evaluate")
    .summary("score trained weights")
    .description(
      "Scores trained weights beside a naive baseline. Of a spec or module the latest run in runs/ is taken. With " +
        "--predictions every prediction of the part is written beside its truth; a series is scored and written on the scale " +
        "of its file, or on the one that the model sees (--scale model).",
    )
    .argument("<spec|module|run>", "a spec, a generated module, or the folder of a run")
    .addOption(new Option("--part <name>", "part of the data to score").choices(PART_NAMES).default("test"))
    .addOption(new Option("--predictions <file>", `write every prediction beside its truth (${PREDICTION_ENDINGS})`))
    .addOption(
      new Option("--scale <name>", "scale of scores and predictions").choices(["file", "model"]).default("file"),
    )
    .addOption(weightsOption("weights instead of those of a run"))
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(setOption())
    .addOption(jsonOption("the scores"))
    .addOption(quietOption())
    .action((given: string, flags: EvaluateFlags) => session.run(flags, () => evaluate(session, given, flags)));
}

async function evaluate(session: Session, given: string, flags: EvaluateFlags): Promise<number> {
  const accepts = ["spec", "module", "run"] as const;
  if (flags.predictions !== undefined) checkPredictionsFile(flags.predictions);
  const subject = await openSubject(session.terminal, given, {
    accepts,
    overrides: flags.set,
    note: session.note,
  });
  const weights = await findWeights(session, subject, flags.weights);
  const dataset = await loadData(subject, weights.scaler);
  dataset.notes.forEach((note) => {
    session.note(`note: ${note}`);
  });
  const live = await createModel(subject.handle, { ...flags, weights }, session.note);
  try {
    const evaluation = await evaluatePart(live, dataset, flags.part, flags.scale);
    if (evaluation === undefined) {
      throw new Mistake({
        code: "no-test-part",
        message: `the split of the spec leaves no examples for the ${flags.part} part.`,
        help: "choose another part with --part, or give it a share in data.split.",
        file: given,
      });
    }
    if (flags.scale === "model" && dataset.forecast === undefined) {
      session.note("tensors have one scale, that of their file: --scale model changes nothing");
    }
    const { predictions } = flags;
    if (predictions !== undefined) {
      await writePredictions(reach(session.terminal, predictions), { ...flags, live, dataset, evaluation });
      session.note(`predictions: ${predictions}`);
    }
    const backend = live.report();
    session.emit({ name: subject.name, part: flags.part, scale: flags.scale, ...evaluation.scores, backend });
    session.print(scoreText(flags.part, evaluation.scores));
    if (flags.scale === "model") session.note("scored on the scale that the model sees");
    session.note(`ran on: ${ranText(backend)}`);
    return EXIT.ok;
  } finally {
    await live.dispose();
  }
}
