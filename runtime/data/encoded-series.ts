/** A series as the model sees it (transformed, scaled) beside the numbers of the file, and the way back. */
import { memberOf } from "../member-of.ts";
import { ProblemList, type ProblemPlace } from "../problem.ts";
import { channelsOf, type SeriesFacts } from "./series-facts.ts";
import { lagOf, transformColumn, undoTransforms } from "./transform.ts";

/** The place of a cell in its file, for messages; rows and channels from 0. */
export type Locate = (row: number, channel: number) => ProblemPlace;

export class EncodedSeries {
  readonly facts: SeriesFacts;
  readonly rowCount: number;
  /** First row that has a value after all transforms. */
  readonly firstRow: number;
  readonly #raw: readonly Float64Array[];
  /** Per channel: the column after each transform. */
  readonly #stages: readonly (readonly Float64Array[])[];
  /** Per channel: scaled values. */
  readonly #scaled: readonly Float32Array[];
  readonly #columns: readonly number[];
  readonly #targets: readonly number[];

  /**
   * @param raw one column per channel of `channelsOf(facts)`, on the file's scale, gaps filled
   * @throws Problem `log-of-non-positive`, `not-finite` at the cell
   */
  constructor(facts: SeriesFacts, raw: readonly Float64Array[], locate: Locate) {
    const channels = channelsOf(facts);
    this.facts = facts;
    this.rowCount = raw[0]?.length ?? 0;
    this.firstRow = lagOf(facts.transform);
    this.#raw = raw;
    this.#columns = facts.columns.map((name) => channels.indexOf(name));
    this.#targets = facts.targets.map((name) => channels.indexOf(name));
    const problems = new ProblemList();
    this.#stages = raw.map((column, channel) =>
      transformColumn(column, facts.transform, (row, value) => {
        problems.add(
          () => ({
            code: "log-of-non-positive",
            message: `row ${String(row + 1)} of column "${channels[channel] ?? ""}" is ${String(value)} where the log transform is applied; only positive numbers have a log.`,
            help: "remove log from transform, or shift the column.",
            ...locate(row, channel),
          }),
          String(channel),
        );
      }),
    );
    problems.throwIfAny();
    this.#scaled = this.#stages.map((stages, channel) => this.#scale(stages.at(-1), channels[channel] ?? ""));
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
  }

  #scale(column: Float64Array | undefined, name: string): Float32Array {
    const { offset, scale } = memberOf(this.facts.scaling, name) ?? { offset: 0, scale: 1 };
    return Float32Array.from(column ?? [], (value) => (value - offset) / scale);
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

  /** Writes rows start .. start + window - 1 of the input columns, [window, columns]. */
  writeInputs(start: number, into: Float32Array, at: number): void {
    this.#write(this.#columns, start, this.facts.window, into, at);
  }

  /** Writes rows start .. start + count - 1 of the target columns, [count, targets]. */
  writeTargets(start: number, count: number, into: Float32Array, at: number): void {
    this.#write(this.#targets, start, count, into, at);
  }

  #write(channels: readonly number[], start: number, count: number, into: Float32Array, at: number): void {
    if (start < this.firstRow || start + count > this.rowCount) {
      throw new RangeError(
        `rows ${String(start)} to ${String(start + count - 1)} are not all within ${String(this.firstRow)} to ${String(this.rowCount - 1)}.`,
      );
    }
    channels.forEach((channel, position) => {
      const column = this.#scaled[channel];
      for (let step = 0; step < count; step += 1) {
        into[at + step * channels.length + position] = column?.[start + step] ?? Number.NaN;
      }
    });
  }

  /** The file's own value of a target column. */
  truth(row: number, target: number): number {
    return this.#raw[this.#targets[target] ?? 0]?.[row] ?? Number.NaN;
  }

  /**
   * The model's forecast of consecutive rows on the file's scale.
   * @param row the first row forecast; all rows before it are known. `rowCount` forecasts what comes after the file
   * @param predicted scaled, [steps, targets] row-major
   * @returns [steps, targets]; NaN or infinite where the forecast has left the range of numbers
   */
  undo(row: number, predicted: ArrayLike<number>): Float64Array {
    const width = this.#targets.length;
    const steps = predicted.length / width;
    const undone = new Float64Array(predicted.length);
    this.#targets.forEach((channel, target) => {
      const { offset, scale } = memberOf(this.facts.scaling, this.facts.targets[target] ?? "") ?? {
        offset: 0,
        scale: 1,
      };
      const column = Float64Array.from({ length: steps }, (_, step) => {
        return (predicted[step * width + target] ?? Number.NaN) * scale + offset;
      });
      undoTransforms(this.#stages[channel] ?? [], this.facts.transform, row, column).forEach((value, step) => {
        undone[step * width + target] = value;
      });
    });
    return undone;
  }
}
