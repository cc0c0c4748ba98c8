/** Every prediction of a part beside its truth, as data: CSV, JSONL or safetensors. */
import { writeFileAtomically } from "../run/atomic-write.ts";
import { readSafetensors, writeSafetensors, type SafetensorsTensor } from "@specloom/runtime/internal/safetensors";
import { indicesOf } from "@specloom/runtime/internal/tensor";
import { csvLine } from "./csv-line.ts";
import type { DecodedPart } from "./decoded-part.ts";
import { Mistake } from "./mistake.ts";
import { nested, type Nested } from "./nested.ts";
import { answerSize, answersOf, type AnswerRequest, type Answers, type PartAnswers } from "./part-answers.ts";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

type Writer = (answers: PartAnswers) => string | Uint8Array;

const WRITERS = new Map<string, Writer>([
  [".csv", csvText],
  [".jsonl", jsonLines],
  [".safetensors", tensorBytes],
]);

export const PREDICTION_ENDINGS = [...WRITERS.keys()].join(", ");

/** @throws Mistake `predictions-file-format`, before anything is computed */
export function checkPredictionsFile(file: string): void {
  writerOf(file);
}

/** @throws Problem `file-not-written` */
export async function writePredictions(file: string, request: AnswerRequest): Promise<void> {
  const content = writerOf(file)(await answersOf(request));
  await writeFileAtomically(file, content, content instanceof Uint8Array ? readSafetensors : undefined);
}

function writerOf(file: string): Writer {
  const ending = /\.[^./\\]*$/.exec(file.toLowerCase())?.[0] ?? "";
  const writer = WRITERS.get(ending);
  if (writer !== undefined) return writer;
  throw new Mistake({
    code: "predictions-file-format",
    message: `predictions are not written into a file ending in "${ending}".`,
    help: `its ending says the format: ${PREDICTION_ENDINGS}.`,
    file,
  });
}

/** One number a line. Examples, steps and places count from 1. */
function csvText({ targets, written }: PartAnswers): string {
  if (targets.length > 0 && written !== undefined) {
    throw new Mistake({
      code: "predictions-file-format",
      message: "this model gives numbers and writes tokens too, and CSV has one kind of line.",
      help: "name a .jsonl or a .safetensors file.",
    });
  }
  const lines: string[] = [];
  const isSeries = targets.some(({ rows }) => rows !== undefined);
  const hasForecast = targets.some(({ prediction }) => prediction !== undefined);
  const levels = levelsIn(targets);
  const namesOutputs = targets.some(({ name, target }) => name !== target);
  if (targets.length > 0) {
    const place = isSeries ? ["row", "step", "column"] : ["place"];
    const naive = isSeries ? ["naive"] : [];
    const quantiles = levels.map((level) => `q${String(level)}`);
    const predicted = hasForecast ? ["prediction"] : [];
    lines.push(
      csvLine([
        "example",
        "target",
        ...(namesOutputs ? ["output"] : []),
        ...place,
        "truth",
        ...predicted,
        ...quantiles,
        ...naive,
      ]),
    );
  }
  for (const answers of targets) {
    const size = answerSize(answers);
    for (let position = 0; position < answers.count * size; position += 1) {
      const example = Math.floor(position / size);
      const cell = position % size;
      // Padding is no prediction; a row of a series that has no value is one, whose truth is not known.
      if (!isSeries && Number.isNaN(answers.truth[position])) continue;
      lines.push(
        csvLine([
          String(example + 1),
          answers.target,
          ...(namesOutputs ? [answers.output] : []),
          ...placeOf(answers, example, cell),
          numberText(answers, answers.truth[position]),
          ...(hasForecast ? [numberText(answers, answers.prediction?.[position])] : []),
          ...levels.map((level) =>
            numberText(answers, answers.quantiles?.find((one) => one.level === level)?.values[position]),
          ),
          ...(answers.naive === undefined ? [] : [numberText(answers, answers.naive[position])]),
        ]),
      );
    }
  }
  if (written !== undefined) lines.push(...writtenLines(written));
  return `${lines.join("\n")}\n`;
}

/** Levels of all quantiles, in rising order. */
function levelsIn(targets: readonly Answers[]): readonly number[] {
  return [...new Set(targets.flatMap(({ quantiles = [] }) => quantiles.map(({ level }) => level)))].sort(
    (a, b) => a - b,
  );
}

function writtenLines({ examples }: DecodedPart): string[] {
  const header = csvLine(["example", "source", "truth", "written", "score", "complete"]);
  const lines = examples.map(({ source = [], truth, written: { tokens, score, complete } }, index) =>
    csvLine([String(index + 1), source.join(" "), truth.join(" "), tokens.join(" "), String(score), String(complete)]),
  );
  return [header, ...lines];
}

function placeOf({ shape, columns, rows }: Answers, example: number, cell: number): readonly string[] {
  if (columns !== undefined && rows !== undefined) {
    const width = columns.length;
    return [rows[example] ?? "", String(Math.floor(cell / width) + 1), columns[cell % width] ?? ""];
  }
  const places = indicesOf(cell, shape).map((place) => String(place + 1));
  return [places.join(" ")];
}

/** One example a line. */
function jsonLines({ targets, written }: PartAnswers): string {
  const count = Math.max(0, ...targets.map((answers) => answers.count), written?.examples.length ?? 0);
  const lines = Array.from({ length: count }, (_, example) => {
    const compared = targets.map((answers) => [
      answers.name,
      {
        ...(answers.rows === undefined ? {} : { row: answers.rows[example] }),
        ...(answers.columns === undefined ? {} : { columns: answers.columns }),
        truth: exampleOf(answers, answers.truth, example),
        ...(answers.prediction === undefined ? {} : { prediction: exampleOf(answers, answers.prediction, example) }),
        ...(answers.quantiles === undefined
          ? {}
          : {
              quantiles: Object.fromEntries(
                answers.quantiles.map(({ level, values }) => [String(level), exampleOf(answers, values, example)]),
              ),
            }),
        ...(answers.naive === undefined ? {} : { naive: exampleOf(answers, answers.naive, example) }),
      },
    ]);
    return JSON.stringify({
      example: example + 1,
      ...Object.fromEntries(compared),
      ...(written === undefined ? {} : { [written.target]: writtenObject(written, example) }),
    });
  });
  return `${lines.join("\n")}\n`;
}

function writtenObject({ examples }: DecodedPart, index: number): object {
  const { source, truth, written } = examples[index] ?? {};
  return { ...(source === undefined ? {} : { source }), truth, ...written };
}

function exampleOf(answers: Answers, values: ArrayLike<number>, example: number): Nested {
  const size = answerSize(answers);
  const digits = (_: unknown, cell: number): number => withDigits(answers, values[example * size + cell] ?? Number.NaN);
  return nested(Float64Array.from({ length: size }, digits), answers.shape);
}

function withDigits({ isFloat32 }: Answers, value: number): number {
  return isFloat32 ? Number(value.toPrecision(9)) : value;
}

/** CSV knows no NaN. */
function numberText(answers: Answers, value = Number.NaN): string {
  return Number.isFinite(value) ? String(withDigits(answers, value)) : "";
}

/** `<target>.prediction`, `<target>.truth` [examples, ...shape] and their like; what is written is padded with its length. */
function tensorBytes({ targets, written }: PartAnswers): Uint8Array {
  const tensors: (readonly [string, SafetensorsTensor])[] = targets.flatMap((answers) => {
    const shape = [answers.count, ...answers.shape];
    const tensor = (values: ArrayLike<number>): SafetensorsTensor => ({
      dtype: "F64",
      shape,
      data: Float64Array.from(values),
    });
    const levels = (answers.quantiles ?? []).map(({ level, values }) => [`q${String(level)}`, values] as const);
    const parts = { truth: answers.truth, prediction: answers.prediction, naive: answers.naive };
    return [...Object.entries(parts), ...levels].flatMap(([part, values]) =>
      values === undefined ? [] : [[`${answers.name}.${part}`, tensor(values)] as const],
    );
  });
  if (written !== undefined) {
    const { target, examples } = written;
    tensors.push(
      ...padded(
        `${target}.truth`,
        examples.map(({ truth }) => truth),
      ),
      ...padded(
        `${target}.written`,
        examples.map(({ written: { tokens } }) => tokens),
      ),
    );
  }
  const columns = targets.flatMap((answers) =>
    answers.columns === undefined ? [] : [[`${answers.name}.columns`, JSON.stringify(answers.columns)]],
  );
  return writeSafetensors(tensors, Object.fromEntries(columns) as Record<string, string>);
}

function padded(name: string, rows: readonly (readonly number[])[]): (readonly [string, SafetensorsTensor])[] {
  const width = Math.max(1, ...rows.map(({ length }) => length));
  const data = new Int32Array(rows.length * width);
  rows.forEach((row, index) => {
    data.set(row, index * width);
  });
  const lengths = Int32Array.from(rows, ({ length }) => length);
  return [
    [name, { dtype: "I32", shape: [rows.length, width], data }],
    [lengthsOf(name), { dtype: "I32", shape: [rows.length], data: lengths }],
  ];
}
