/** The rows that come after a table, forecast on the scale of the table. */
import { numberText } from "../../compiler/support/number-text.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { SeriesSection } from "@specloom/runtime/internal/contract-data";
import { loadPredictionWindow, type PredictionWindow } from "../data/series.ts";
import { horizonLength, restoreSeriesFacts, type SeriesFacts } from "../data/series-facts.ts";
import { countOf } from "../data/wording.ts";
import { levelOf, pointPrediction } from "@specloom/runtime/internal/model/loss";
import { csvLine } from "./csv-line.ts";
import type { PredictionRequest } from "../data-kinds/define.ts";
import { nested } from "./nested.ts";
import { Mistake } from "./mistake.ts";
import type { Session } from "./session.ts";

/** Prints a CSV of the forecast rows, or with --json one object with the forecast and every output of the model. */
export async function predictSeries(request: PredictionRequest, section: SeriesSection): Promise<void> {
  const { session, subject, live, input } = request;
  const facts = await scalerOf(request, section);
  const window = await loadPredictionWindow(facts, section, input.path, input.files);
  const { inputs, series, row, labels, filled } = window;
  const outputs: Readonly<Record<string, Float32Array>> = await live.predict(inputs);
  const { definition } = subject.handle;
  const [loss] = definition.losses;
  const name = loss?.input ?? "";
  const given = memberOf(outputs, name);
  if (loss === undefined || given === undefined) {
    throw new Mistake({
      code: "no-input",
      message: `the model does not put out ${name}, which its loss compares with the data.`,
      help: `add ${name} to outputs in the spec, and train again.`,
    });
  }
  const levels = loss.quantiles?.levels;
  const steps = horizonLength(facts.horizon);
  const size = steps * facts.targets.length;
  const undone = (output: Float32Array): Float64Array => series.undo(row, output.subarray(output.length - size));
  const point = pointPrediction(loss, given);
  const lines: readonly Line[] = [
    ...(point === undefined ? [] : [{ values: undone(point) }]),
    ...(levels ?? []).map((level, index) => ({ level, values: undone(levelOf(given, levels ?? [], index)) })),
  ];
  const last = labels?.at(row - 1) ?? `row ${String(row)}`;
  window.notes.forEach((note) => {
    session.note(`note: ${note}`);
  });
  noteFilled(session, filled, section.missing);
  const what = point === undefined ? `quantiles ${(levels ?? []).join(", ")}` : "forecast";
  session.note(`${what} of the ${countOf(steps, "row")} after ${last}`);
  if (levels !== undefined && addsUp(facts)) session.note(`note: ${SUMMED_LEVELS}`);
  const perColumn = <Value>(of: (target: number) => Value): Readonly<Record<string, Value>> =>
    Object.fromEntries(facts.targets.map((column, target) => [column, of(target)]));
  const along = ({ values }: Line, target: number): (number | null)[] =>
    Array.from({ length: steps }, (_, step) => finite(values[step * facts.targets.length + target]));
  const quantiles = lines.filter(({ level }) => level !== undefined);
  session.emit({
    after: last,
    ...(filled.length === 0 ? {} : { filled: filled.map(({ column, row: at }) => ({ column, row: at + 1 })) }),
    ...(point === undefined ? {} : { forecast: perColumn((target) => along(lines[0] ?? { values: [] }, target)) }),
    ...(quantiles.length === 0
      ? {}
      : {
          quantiles: perColumn((target) =>
            Object.fromEntries(quantiles.map((line) => [String(line.level), along(line, target)])),
          ),
        }),
    outputs: Object.fromEntries(
      definition.outputs.map(({ name: output, shape }) => [output, nested(memberOf(outputs, output), shape)]),
    ),
  });
  if (session.json) return;
  const columns = facts.targets.flatMap((column, target) => lines.map((line) => ({ column, target, line })));
  session.print(csvLine(["step", ...columns.map(({ column, line }) => titleOf(column, line))]));
  for (let step = 0; step < steps; step += 1) {
    const cells = columns.map(({ target, line }) => cellText(line.values[step * facts.targets.length + target]));
    session.print(csvLine([String(step + 1), ...cells]));
  }
}

/** The forecast, or a level of quantiles, [steps, targets] on the scale of the file. */
interface Line {
  readonly level?: number;
  readonly values: ArrayLike<number>;
}

/** `value` for the forecast, `value_q0.1` for a level. */
function titleOf(column: string, { level }: Line): string {
  return level === undefined ? column : `${column}_q${String(level)}`;
}

/** Whether a later step is a difference to an earlier one that is forecast itself. */
function addsUp({ transform, horizon }: SeriesFacts): boolean {
  return transform.some((step) => step !== "log" && step.difference < horizonLength(horizon));
}

const SUMMED_LEVELS =
  "differences are added up level by level, so that the levels of later steps lie further apart than those of a sum of independent changes";

/** How many of the rows that the forecast is made from were filled in, and which. */
function noteFilled(session: Session, filled: PredictionWindow["filled"], policy: string): void {
  if (filled.length === 0) return;
  const columns = [...new Set(filled.map(({ column }) => column))].map((column) => {
    const rows = filled.filter((cell) => cell.column === column).map(({ row }) => String(row + 1));
    const more = rows.length > MOST_ROWS ? ` and ${String(rows.length - MOST_ROWS)} more` : "";
    return `${column}: row ${rows.slice(0, MOST_ROWS).join(", ")}${more}`;
  });
  const count = countOf(filled.length, "missing value");
  session.note(`note: ${count} that the forecast is made from filled in by ${policy} (${columns.join("; ")})`);
}

/** Filled rows that are listed. */
const MOST_ROWS = 10;

/** Stored with the weights; for weights that were trained elsewhere it is fitted as training would have done. */
async function scalerOf(
  { session, weights, trained }: PredictionRequest,
  section: SeriesSection,
): Promise<SeriesFacts> {
  if (weights.scaler !== undefined) return restoreSeriesFacts(weights.scaler, section);
  session.note(`${weights.file} holds no scaler; it is fitted on the training part of ${section.file}`);
  const { scaler } = await trained();
  return restoreSeriesFacts(scaler, section);
}

/** JSON and CSV know no NaN. */
function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

function cellText(value: number | undefined): string {
  const known = finite(value);
  return known === null ? "" : numberText(known);
}
