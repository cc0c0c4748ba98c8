/** Windows of a series as examples, copied out only when they are asked for. */
import { checkIndex, type Examples } from "./dataset.ts";
import type { EncodedSeries } from "./encoded-series.ts";
import type { WindowStarts } from "./forecast.ts";

/** Name of the target tensor: `next` [B, T, C] or `future` [B, H, C]. */
export function targetName(horizon: "next" | number): "next" | "future" {
  return horizon === "next" ? "next" : "future";
}

export class SeriesExamples implements Examples {
  readonly count: number;
  readonly #series: EncodedSeries;
  readonly #starts: WindowStarts;

  constructor(series: EncodedSeries, starts: WindowStarts) {
    this.count = starts.length;
    this.#series = series;
    this.#starts = starts;
  }

  get tensors(): Record<string, Float32Array> {
    return this.select(Array.from({ length: this.count }, (_, index) => index));
  }

  /** The windows of which a target has a value, so that there is something to learn from them. */
  learnable(): WindowStarts {
    const target = targetName(this.#series.facts.horizon);
    const starts = new Uint32Array(this.count);
    let kept = 0;
    for (let index = 0; index < this.count; index += 1) {
      if (this.select([index])[target]?.some((value) => !Number.isNaN(value)) !== true) continue;
      starts[kept] = this.#starts.at(index) ?? 0;
      kept += 1;
    }
    return starts.slice(0, kept);
  }

  select(indices: ArrayLike<number>): Record<string, Float32Array> {
    const { columns, targets, window, horizon } = this.#series.facts;
    const steps = horizon === "next" ? window : horizon;
    const inputs = new Float32Array(indices.length * window * columns.length);
    const expected = new Float32Array(indices.length * steps * targets.length);
    for (let position = 0; position < indices.length; position += 1) {
      const index = indices[position] ?? Number.NaN;
      checkIndex(index, this.count);
      const start = this.#starts.at(index) ?? Number.NaN;
      this.#series.writeInputs(start, inputs, position * window * columns.length);
      const from = horizon === "next" ? start + 1 : start + window;
      const at = position * steps * targets.length;
      this.#series.writeTargets(from, steps, expected, at);
      if (horizon !== "next") continue;
      // A step that sees a value interpolated from the next row would be asked for what it was shown.
      for (let step = 0; step < window - 1; step += 1) {
        if (!this.#series.showsLater(start + step, start + window)) continue;
        expected.fill(Number.NaN, at + step * targets.length, at + (step + 1) * targets.length);
      }
    }
    return { series: inputs, [targetName(horizon)]: expected };
  }
}
