/** Scaling of one column: scaled = (value - offset) / scale. The numbers of scikit-learn's scalers. */
import type { Normalization } from "@specloom/runtime/internal/contract-data";

export interface Scaling {
  readonly offset: number;
  /** Never 0. */
  readonly scale: number;
}

/**
 * `standard`: mean and population standard deviation (StandardScaler); `minmax`: the range to [0, 1] (MinMaxScaler).
 * A column that is constant up to rounding gets scale 1, as in scikit-learn: its scaled values are 0.
 *
 * @param values the training rows alone, at least one, all finite
 */
export function fitScaling(values: ArrayLike<number>, normalization: Normalization): Scaling {
  switch (normalization) {
    case "none":
      return { offset: 0, scale: 1 };
    case "standard":
      return fitStandard(values);
    case "minmax":
      return fitRange(values);
    default:
      return normalization satisfies never;
  }
}

function fitStandard(values: ArrayLike<number>): Scaling {
  const count = values.length;
  const mean = sum(values, (value) => value) / count;
  // The second sum corrects what rounding of the mean leaves in the first (Chan et al., as scikit-learn does).
  const correction = sum(values, (value) => value - mean) / count;
  const variance = sum(values, (value) => (value - mean) ** 2) / count - correction ** 2;
  // scikit-learn's _is_constant_feature: a variance within the error bound of the two-pass algorithm is none.
  const bound = count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
  return { offset: mean, scale: variance <= bound ? 1 : Math.sqrt(variance) };
}

function fitRange(values: ArrayLike<number>): Scaling {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  // scikit-learn's _handle_zeros_in_scale.
  return { offset: low, scale: range < 10 * Number.EPSILON ? 1 : range };
}

function sum(values: ArrayLike<number>, term: (value: number) => number): number {
  let total = 0;
  for (let index = 0; index < values.length; index += 1) total += term(values[index] ?? Number.NaN);
  return total;
}
