/** Scores of quantiles: how far off each level is, and how many values lie where the levels say. */
import { finite, type QuantileColumn, type Score } from "./define.ts";

/** Plain JSON: the quantiles of one target, or of one of its columns. */
export interface QuantileScores {
  readonly levels: readonly LevelScore[];
  /** From the lowest level to the highest, where there are several. */
  readonly interval?: {
    readonly from: number;
    readonly to: number;
    /** The share of values that should lie inside. */
    readonly nominal: number;
    /** The share that does, edges included; null without values. */
    readonly coverage: number | null;
  };
}

export interface LevelScore {
  readonly level: number;
  /** Mean pinball loss of the model's quantile, and of the naive forecast in its place. */
  readonly pinball: { readonly model: number | null; readonly naive: number | null };
  /** The share of values at or below the model's quantile, which should be the level; null without values. */
  readonly coverage: number | null;
}

/** max(q (y - p), (q - 1) (y - p)), the mean over all values of all columns. */
export function pinballOf(columns: readonly QuantileColumn[], index: number): Score {
  return meanOf(columns, ({ levels, predictions, truth }, row) => {
    const error = (truth[row] ?? Number.NaN) - (predictions[index]?.[row] ?? Number.NaN);
    const level = levels[index] ?? Number.NaN;
    return Math.max(level * error, (level - 1) * error);
  });
}

/** The share of values from one level's quantile to another's, edges included; `undefined` for an open side. */
export function shareWithin(
  columns: readonly QuantileColumn[],
  from: number | undefined,
  to: number | undefined,
): Score {
  return meanOf(columns, ({ predictions, truth }, row) => {
    const low = from === undefined ? Number.NEGATIVE_INFINITY : (predictions[from]?.[row] ?? Number.NaN);
    const high = to === undefined ? Number.POSITIVE_INFINITY : (predictions[to]?.[row] ?? Number.NaN);
    if (Number.isNaN(low) || Number.isNaN(high)) return Number.NaN;
    const value = truth[row] ?? Number.NaN;
    return value >= low && value <= high ? 1 : 0;
  });
}

/** Positions of the lowest and of the highest level. */
export function outermost(levels: readonly number[]): { readonly lowest: number; readonly highest: number } {
  return { lowest: levels.indexOf(Math.min(...levels)), highest: levels.indexOf(Math.max(...levels)) };
}

/** @param naive the same columns with the naive forecast at every level */
export function scoreLevels(columns: readonly QuantileColumn[], naive: readonly QuantileColumn[]): QuantileScores {
  const levels = columns[0]?.levels ?? [];
  const { lowest, highest } = outermost(levels);
  const [from = 0, to = 0] = [levels[lowest], levels[highest]];
  return {
    levels: levels.map((level, index) => ({
      level,
      pinball: { model: pinballOf(columns, index).value, naive: pinballOf(naive, index).value },
      coverage: shareWithin(columns, undefined, index).value,
    })),
    ...(levels.length < 2
      ? {}
      : {
          interval: {
            from,
            to,
            // 0.95 - 0.1 is 0.85, not 0.8499999999999999.
            nominal: Number((to - from).toPrecision(12)),
            coverage: shareWithin(columns, lowest, highest).value,
          },
        }),
  };
}

function meanOf(columns: readonly QuantileColumn[], term: (column: QuantileColumn, row: number) => number): Score {
  let sum = 0;
  let count = 0;
  for (const column of columns) {
    for (let row = 0; row < column.truth.length; row += 1) sum += term(column, row);
    count += column.truth.length;
  }
  return count === 0 ? { value: null, reason: "there is nothing to score" } : finite(sum / count);
}
