/** Scores of a series' forecasts beside the naive forecast, which repeats the last value. */
import { forecastPart, trainingColumns, type ForecastData, type PartForecast, type Scale } from "../data/forecast.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { levelOf } from "@specloom/runtime/internal/model/loss";
import { columnOf, scoreNumbers, scoreQuantiles, type NumberComparison, type Scores } from "./scores.ts";

export const NAIVE_FORECAST = "repeat the last value";

/**
 * Rows without a value in the file are left out, column by column.
 * @param forecast of one part
 * @param training the training rows per target column, on the same scale: what MASE is scaled by
 */
function scoreForecast(
  forecast: PartForecast,
  training: readonly ArrayLike<number>[],
  names: readonly string[],
): Scores {
  return scoreNumbers(comparisonOf(forecast, training), names);
}

function comparisonOf(forecast: PartForecast, training: readonly ArrayLike<number>[]): NumberComparison {
  const width = forecast.targets.length;
  const isKnown = (value: number): boolean => !Number.isNaN(value);
  return {
    baseline: NAIVE_FORECAST,
    columns: forecast.targets.map((name, column) => {
      const truth = columnOf(forecast.truth, width, column);
      const known = (values: ArrayLike<number>): Float64Array =>
        columnOf(values, width, column).filter((_, row) => isKnown(truth[row] ?? Number.NaN));
      return {
        name,
        prediction: known(forecast.prediction),
        naive: known(forecast.naive),
        truth: truth.filter(isKnown),
        training: training[column],
      };
    }),
    missing: forecast.truth.length - forecast.truth.filter(isKnown).length,
  };
}

/** The forecasts of a part from the model's output for its windows, and their scores. */
export function forecastAndScore(
  data: ForecastData,
  part: PartName,
  output: Float32Array,
  names: readonly string[],
  scale: Scale = "file",
): { readonly forecast: PartForecast; readonly scores: Scores } {
  const forecast = forecastPart(data, part, output, scale);
  return { forecast, scores: scoreForecast(forecast, trainingColumns(data, scale), names) };
}

/**
 * Scores of every level.
 * @param output the levels of a target side by side
 */
export function scoreForecastLevels(
  data: ForecastData,
  part: PartName,
  output: Float32Array,
  levels: readonly number[],
  names: readonly string[],
  scale: Scale = "file",
): Scores {
  const training = trainingColumns(data, scale);
  const comparisons = levels.map((_, level) =>
    comparisonOf(forecastPart(data, part, levelOf(output, levels, level), scale), training),
  );
  return scoreQuantiles(levels, comparisons, names);
}
