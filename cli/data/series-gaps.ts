/** Missing values of a whole series: what cannot be filled is refused, what is filled is said. */
import { Problem, ProblemList } from "@specloom/runtime/internal/problem";
import type { ForecastData } from "./forecast.ts";
import type { SeriesSection } from "@specloom/runtime/internal/contract-data";
import { firstKnownRow, missingIn } from "./number-column.ts";
import { SeriesExamples } from "./series-examples.ts";
import type { RawSeries } from "./series-file.ts";
import { PART_LABELS, PART_NAMES } from "./split.ts";
import { countOf } from "./wording.ts";

/** @throws Problem or Problems `missing-value` for every cell without a value */
export function refuseMissing(series: RawSeries): void {
  const problems = new ProblemList();
  series.columns.forEach((values, channel) => {
    for (let row = 0; row < values.length; row += 1) {
      if (!Number.isNaN(values[row])) continue;
      problems.add(
        () => ({
          code: "missing-value",
          message: `row ${String(row + 1)} of column "${series.channels[channel] ?? ""}" is empty.`,
          help: "fill it in the file, or set missing: interpolate or missing: forward_fill in the data section.",
          ...series.locate(row, channel),
        }),
        String(channel),
      );
    }
  });
  problems.throwIfAny();
}

/** @throws Problem or Problems `gap-at-border` for every column that is empty from its first row to its last */
export function refuseEmpty(series: RawSeries): void {
  const problems = new ProblemList();
  series.columns.forEach((values, channel) => {
    if (firstKnownRow(values) >= 0) return;
    problems.add(() => ({
      code: "gap-at-border",
      message: `column "${series.channels[channel] ?? ""}" has no value in any row, so there is nothing to fill it from.`,
      help: "leave the column out of columns and targets.",
      ...series.locate(0, channel),
    }));
  });
  problems.throwIfAny();
}

export function hasGaps({ columns }: RawSeries): boolean {
  return columns.some((column) => missingIn(column) > 0);
}

/** Rows before every column has had a value: nothing can be filled in there. */
export function leadingRows({ columns }: RawSeries): number {
  return Math.max(0, ...columns.map(firstKnownRow));
}

/**
 * A part whose targets are all missing would be learned from, or watched, as if everything in it were right.
 * @throws Problem `no-training-examples`
 */
export function refuseUnknown({ series, parts, windows }: ForecastData, file: string): void {
  const { targets, transform } = series.facts;
  for (const part of PART_NAMES) {
    const { start, end } = parts[part];
    if (start === end) continue;
    const isKnown = (row: number): boolean => targets.some((_, target) => !Number.isNaN(series.truth(row, target)));
    let first = start;
    while (first < end && !isKnown(first)) first += 1;
    const isScored = first < end;
    if (isScored && new SeriesExamples(series, windows[part]).learnable().length > 0) continue;
    const differenced = transform.some((step) => step !== "log");
    throw new Problem({
      code: "no-training-examples",
      message:
        `no row of the ${PART_LABELS[part]} part has a value of ${targets.map((name) => `"${name}"`).join(" or ")} ` +
        `to compare a forecast with${differenced ? ", and one to take its difference from" : ""}.`,
      help: "filled values are never learned from or scored: change the split, or bring rows with values.",
      file,
      pointer: "/data/missing",
    });
  }
}

export function gapNotes(raw: RawSeries, { missing }: SeriesSection, leading: number, left: number): string[] {
  const notes: string[] = [];
  const filled = raw.columns.reduce((count, column) => count + missingIn(column, leading), 0);
  if (filled > 0) {
    notes.push(
      `${countOf(filled, "missing value")} of ${raw.file} filled in by ${missing}, from what a window may see; ${filled === 1 ? "it is" : "they are"} not learned from and not scored.`,
    );
  }
  if (leading > 0)
    notes.push(
      `windows begin behind the first ${countOf(leading, "row")} of ${raw.file}, where not every column has a value yet.`,
    );
  if (left > 0) {
    notes.push(
      `${countOf(left, "window")} of the training part left out: the file has no value that could be learned there.`,
    );
  }
  return notes;
}
