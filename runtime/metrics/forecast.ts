/** Scores of a series' forecasts beside the naive forecast, which repeats the last value. */
import { forecastPart, trainingColumns, type ForecastData, type PartForecast } from "../data/forecast.ts";
import type { PartName } from "../data/section.ts";
import { columnOf, scoreNumbers, type Scores } from "./scores.ts";

export const NAIVE_FORECAST = "repeat the last value";

/**
 * @param forecast of one part, on the file's scale
 * @param training the training rows per target column, on the file's scale: what MASE is scaled by
 */
export function scoreForecast(
  forecast: PartForecast,
  training: readonly ArrayLike<number>[],
  names: readonly string[],
): Scores {
  const width = forecast.targets.length;
  return scoreNumbers(
    {
      baseline: NAIVE_FORECAST,
      columns: forecast.targets.map((name, column) => ({
        name,
        prediction: columnOf(forecast.prediction, width, column),
        naive: columnOf(forecast.naive, width, column),
        truth: columnOf(forecast.truth, width, column),
        training: training[column],
      })),
    },
    names,
  );
}

/** The forecasts of a part from the model's output for its windows, and their scores. */
export function forecastAndScore(
  data: ForecastData,
  part: PartName,
  output: Float32Array,
  names: readonly string[],
): { readonly forecast: PartForecast; readonly scores: Scores } {
  const forecast = forecastPart(data, part, output);
  return { forecast, scores: scoreForecast(forecast, trainingColumns(data), names) };
}
