/** What must be remembered of a training series to encode new rows and to decode forecasts: plain JSON. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem } from "@specloom/runtime/internal/problem";
import type { NumberColumn } from "./number-column.ts";
import { fitScaling, type Scaling } from "./scaler.ts";
import type { Normalization, SeriesSection, Transform } from "@specloom/runtime/internal/contract-data";
import type { RowRange } from "./split.ts";
import { knownValues, lagOf } from "./transform.ts";

/** Stored with the weights, restored by `restoreSeriesFacts`. */
export interface SeriesFacts {
  readonly kind: "series";
  /** Columns the model reads, in order: the last axis of `series`. */
  readonly columns: readonly string[];
  /** Columns it forecasts, in order: the last axis of `next` or `future`. */
  readonly targets: readonly string[];
  readonly window: number;
  readonly horizon: "next" | number;
  readonly transform: readonly Transform[];
  readonly normalize: Normalization;
  /** Scaling by column name, of the transformed values; fitted on the training rows alone. */
  readonly scaling: Readonly<Record<string, Scaling>>;
}

/** Columns and targets, each once: what is read from a file. */
export function channelsOf(facts: Pick<SeriesFacts, "columns" | "targets">): string[] {
  return [...new Set([...facts.columns, ...facts.targets])];
}

/** How many rows one forecast step covers: 1 for `next`. */
export function horizonLength(horizon: "next" | number): number {
  return horizon === "next" ? 1 : horizon;
}

/** How many raw rows a prediction needs: the window and what the differences look back on. */
export function requiredRows(facts: Pick<SeriesFacts, "window" | "transform">): number {
  return facts.window + lagOf(facts.transform);
}

/**
 * Fits the scaling.
 * @param raw one column per channel, on the file's scale, NaN where missing: what would be filled in is not fitted on, nor a
 *   difference of it (scikit-learn's scalers leave NaN out too)
 * @param training the only rows that are looked at
 */
export function fitSeries(section: SeriesSection, raw: readonly NumberColumn[], training: RowRange): SeriesFacts {
  const scaling = channelsOf(section).map((name, channel): [string, Scaling] => {
    const rows = (raw[channel] ?? new Float64Array()).subarray(training.start, training.end);
    // Rows whose log is not defined are reported when the series is encoded; here they only must not spread.
    const values = knownValues(rows, section.transform);
    return [name, values.length === 0 ? { offset: 0, scale: 1 } : fitScaling(values, section.normalize)];
  });
  const { columns, targets, window, horizon, transform, normalize } = section;
  return {
    kind: "series",
    columns,
    targets,
    window,
    horizon,
    transform,
    normalize,
    scaling: Object.fromEntries(scaling),
  };
}

/** Columns that were not scaled: those that do not vary in the training rows, and those that have no value there. */
export function unscaledColumns(
  facts: SeriesFacts,
  raw: readonly NumberColumn[],
  training: RowRange,
): { readonly constant: readonly string[]; readonly empty: readonly string[] } {
  const constant: string[] = [];
  const empty: string[] = [];
  if (facts.normalize === "none") return { constant, empty };
  channelsOf(facts).forEach((name, channel) => {
    const column = raw[channel] ?? new Float64Array();
    const values = knownValues(column.subarray(training.start, training.end), facts.transform);
    let same = 0;
    while (same < values.length && values[same] === values[0]) same += 1;
    if (values.length === 0) empty.push(name);
    else if (same === values.length) constant.push(name);
  });
  return { constant, empty };
}

/**
 * The facts out of a weights file or a run directory.
 * @param stored parsed JSON
 * @throws Problem `series-facts` when they were not written by this program or belong to another spec
 */
export function restoreSeriesFacts(stored: unknown, section: SeriesSection): SeriesFacts {
  const facts = stored as Partial<SeriesFacts> | null | undefined;
  const agrees =
    typeof facts === "object" &&
    facts !== null &&
    facts.kind === "series" &&
    (["columns", "targets", "window", "horizon", "transform", "normalize"] as const).every(
      (key) => JSON.stringify(facts[key]) === JSON.stringify(section[key]),
    );
  if (!agrees) {
    throw new Problem({
      code: "series-facts",
      message:
        "the stored scaler belongs to other columns, window, horizon, transforms or normalisation than the spec's.",
      help: "use the spec the weights were trained with, or train again.",
    });
  }
  const scaling: Readonly<Record<string, unknown>> = facts.scaling ?? {};
  for (const name of channelsOf(section)) {
    const entry = memberOf(scaling, name) as Partial<Scaling> | null | undefined;
    if (!Number.isFinite(entry?.offset) || !Number.isFinite(entry?.scale) || entry?.scale === 0) {
      throw new Problem({
        code: "series-facts",
        message: `the stored scaler has no usable offset and scale for column "${name}".`,
        help: "the weights file is damaged or was changed by hand; train again.",
      });
    }
  }
  return facts as SeriesFacts;
}
