/** A series as the model sees it (transformed, scaled) beside the numbers of the file, and the way back. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { ProblemList, type ProblemPlace } from "@specloom/runtime/internal/problem";
import { channelsOf, type SeriesFacts } from "./series-facts.ts";
import { FilledColumn } from "./missing.ts";
import type { NumberColumn } from "./number-column.ts";
import type { Scaling } from "./scaler.ts";
import type { MissingPolicy } from "@specloom/runtime/internal/contract-data";
import { lagOf, logsNotDefined, transformedValue, undoTransforms } from "./transform.ts";

/** The place of a cell in its file, for messages; rows and channels from 0. */
export type Locate = (row: number, channel: number) => ProblemPlace;

export class EncodedSeries {
  readonly facts: SeriesFacts;
  readonly rowCount: number;
  /** First row that has a value after all transforms, in every column. */
  readonly firstRow: number;
  readonly #raw: readonly FilledColumn[];
  /** Per channel: scaled values. */
  readonly #scaled: readonly Float32Array[];
  /** Per channel: scaled values that no filled one is part of, NaN where there is none; the same array where nothing is missing. */
  readonly #known: readonly Float32Array[];
  readonly #scaling: readonly Scaling[];
  readonly #columns: readonly number[];
  readonly #targets: readonly number[];

  /**
   * @param raw one column per channel of `channelsOf(facts)`, on the file's scale, NaN where missing
   * @param missing how gaps are filled; nothing is missing with `error`
   * @throws Problem `log-of-non-positive`, `not-finite` at the cell
   */
  constructor(facts: SeriesFacts, raw: readonly NumberColumn[], locate: Locate, missing: MissingPolicy = "error") {
    const channels = channelsOf(facts);
    this.facts = facts;
    this.rowCount = raw[0]?.length ?? 0;
    this.#raw = raw.map((column) => new FilledColumn(column, missing === "error" ? "forward_fill" : missing));
    this.firstRow = lagOf(facts.transform) + Math.max(0, ...this.#raw.map(({ firstKnown }) => firstKnown));
    this.#columns = facts.columns.map((name) => channels.indexOf(name));
    this.#targets = facts.targets.map((name) => channels.indexOf(name));
    this.#scaling = channels.map((name) => memberOf(facts.scaling, name) ?? { offset: 0, scale: 1 });
    const problems = new ProblemList();
    this.#raw.forEach(({ values }, channel) => {
      logsNotDefined(values, facts.transform, (row, value) => {
        problems.add(
          () => ({
            code: "log-of-non-positive",
            message: `row ${String(row + 1)} of column "${channels[channel] ?? ""}" is ${String(value)} where the log transform is applied; only positive numbers have a log.`,
            help: "remove log from transform, or shift the column.",
            ...locate(row, channel),
          }),
          String(channel),
        );
      });
    });
    problems.throwIfAny();
    this.#scaled = this.#raw.map(({ values }, channel) => this.#scaleAll(values, channel));
    this.#scaled.forEach((column, channel) => {
      for (let row = this.firstRow; row < column.length; row += 1) {
        if (Number.isFinite(column[row])) continue;
        problems.add(
          () => ({
            code: "not-finite",
            message: `row ${String(row + 1)} of column "${channels[channel] ?? ""}" is too large for float32.`,
            help: "use normalize: standard or a smaller unit.",
            ...locate(row, channel),
          }),
          String(channel),
        );
      }
    });
    problems.throwIfAny();
    this.#known = this.#raw.map(({ known, hasGaps }, channel) =>
      hasGaps ? this.#scaleAll(known, channel) : (this.#scaled[channel] ?? new Float32Array()),
    );
  }

  #scaleAll(column: NumberColumn, channel: number): Float32Array {
    const { offset, scale } = this.#scaling[channel] ?? { offset: 0, scale: 1 };
    const { transform } = this.facts;
    const scaled = new Float32Array(column.length);
    for (let row = 0; row < column.length; row += 1) {
      scaled[row] = (transformedValue(column, transform, row) - offset) / scale;
    }
    return scaled;
  }

  /** The window that starts at a row, [window, columns], row-major and scaled. */
  window(start: number): Float32Array {
    const values = new Float32Array(this.facts.window * this.#columns.length);
    this.writeInputs(start, values, 0);
    return values;
  }

  /** The window that ends with the last row: what a forecast of the rows to come reads. */
  lastWindow(): Float32Array {
    return this.window(this.rowCount - this.facts.window);
  }

  /**
   * Writes rows start .. start + window - 1 of the input columns, [window, columns]. What is filled in is computed from these
   * rows and those before them.
   */
  writeInputs(start: number, into: Float32Array, at: number): void {
    const { window } = this.facts;
    this.#checkRows(start, window);
    const end = start + window;
    this.#columns.forEach((channel, position) => {
      const column = this.#scaled[channel];
      const { offset, scale } = this.#scaling[channel] ?? { offset: 0, scale: 1 };
      const settled = this.#raw[channel]?.lastSettled(end) ?? end - 1;
      for (let row = start; row < end; row += 1) {
        const value = row <= settled ? column?.[row] : (this.#staged(channel, row, settled) - offset) / scale;
        into[at + (row - start) * this.#columns.length + position] = value ?? Number.NaN;
      }
    });
  }

  /**
   * Writes rows start .. start + count - 1 of the target columns, [count, targets]: NaN where the file has no value, or where
   * a difference would be one of a filled value.
   */
  writeTargets(start: number, count: number, into: Float32Array, at: number): void {
    this.#checkRows(start, count);
    this.#targets.forEach((channel, position) => {
      const column = this.#known[channel];
      for (let step = 0; step < count; step += 1) {
        into[at + step * this.#targets.length + position] = column?.[start + step] ?? Number.NaN;
      }
    });
  }

  /** Whether a window that ends before `end` holds at this row something that was computed from a later one. */
  showsLater(row: number, end: number): boolean {
    return this.#columns.some((channel) => this.#raw[channel]?.isFromLater(row, end) === true);
  }

  #checkRows(start: number, count: number): void {
    if (start < this.firstRow || start + count > this.rowCount) {
      throw new RangeError(
        `rows ${String(start)} to ${String(start + count - 1)} are not all within ${String(this.firstRow)} to ${String(this.rowCount - 1)}.`,
      );
    }
  }

  /** The value of a row after the first `stage` transforms, of a column whose rows behind `settled` repeat that row's value. */
  #staged(channel: number, row: number, settled: number, stage = this.facts.transform.length): number {
    if (row <= settled) return transformedValue(this.#raw[channel]?.values ?? [], this.facts.transform, row, stage);
    const transform = this.facts.transform[stage - 1];
    if (transform === undefined) return this.#raw[channel]?.values[settled] ?? Number.NaN;
    const value = this.#staged(channel, row, settled, stage - 1);
    if (transform === "log") return Math.log(value);
    return value - this.#staged(channel, row - transform.difference, settled, stage - 1);
  }

  /** The file's own value of a target column; NaN where it has none. */
  truth(row: number, target: number): number {
    return this.#raw[this.#targets[target] ?? 0]?.known[row] ?? Number.NaN;
  }

  /** As the model sees it; NaN where the file has no value, or where a difference would be one of a filled value. */
  encodedTruth(row: number, target: number): number {
    return this.#known[this.#targets[target] ?? 0]?.[row] ?? Number.NaN;
  }

  /** The last value that the file has of a target column before a row. */
  lastTruth(row: number, target: number): number {
    return this.#raw[this.#targets[target] ?? 0]?.lastBefore(row) ?? Number.NaN;
  }

  /**
   * The model's forecast of consecutive rows on the file's scale.
   * @param row the first row forecast; all rows before it may be seen. `rowCount` forecasts what comes after the file
   * @param predicted scaled, [steps, targets] row-major
   * @returns [steps, targets]; NaN or infinite where the forecast has left the range of numbers
   */
  undo(row: number, predicted: ArrayLike<number>): Float64Array {
    const width = this.#targets.length;
    const steps = predicted.length / width;
    const undone = new Float64Array(predicted.length);
    this.#targets.forEach((channel, target) => {
      const { offset, scale } = this.#scaling[channel] ?? { offset: 0, scale: 1 };
      const column = Float64Array.from({ length: steps }, (_, step) => {
        return (predicted[step * width + target] ?? Number.NaN) * scale + offset;
      });
      const settled = this.#raw[channel]?.lastSettled(row) ?? row - 1;
      const past = (stage: number, before: number): number => this.#staged(channel, before, settled, stage);
      undoTransforms(past, this.facts.transform, row, column).forEach((value, step) => {
        undone[step * width + target] = value;
      });
    });
    return undone;
  }
}
