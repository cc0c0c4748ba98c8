/** The figures of a bench as people read them. */
import { groupedText, scaledText, table, wrapped } from "../table.ts";
import type { Agreement, Figures } from "./figures.ts";
import type { LeftOut } from "./variants.ts";

export function trainingTable(all: readonly Figures[]): string {
  return table(
    [
      ["training step", "ms", "p10", "p90", "steps/s", "GFLOP/s"],
      ...all.map(({ name, step_ms: step, steps_per_second: rate, gflops }) => [
        name,
        milliseconds(step?.median),
        milliseconds(step?.p10),
        milliseconds(step?.p90),
        rate === null ? "-" : rate < 100 ? rate.toPrecision(3) : groupedText(Math.round(rate)),
        gflops === null ? "-" : gflops.toPrecision(3),
      ]),
    ],
    { right: [1, 2, 3, 4, 5], indent: "" },
  );
}

export function predictionTable(all: readonly Figures[], batchSize: number): string {
  const hasBatch = batchSize > 1;
  const optional = (text: string): readonly string[] => (hasBatch ? [text] : []);
  return table(
    [
      ["prediction", "ms of 1", ...optional(`ms of ${String(batchSize)}`), "memory", "start ms", "first loss"],
      ...all.map((figures) => [
        figures.name,
        milliseconds(figures.predict_one_ms?.median),
        ...optional(milliseconds(figures.predict_batch_ms?.median)),
        scaledText(figures.memory_bytes, "B"),
        groupedText(Math.round(figures.start_ms)),
        (figures.losses[0] ?? Number.NaN).toPrecision(6),
      ]),
    ],
    { right: [1, 2, 3, 4, 5], indent: "" },
  );
}

function ratioText(value: number): string {
  return value < 10 ? value.toPrecision(2) : groupedText(Math.round(value));
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return "-";
  return value >= 1000 ? groupedText(Math.round(value)) : value.toPrecision(3);
}

export function agreementText({ agree, apart }: Agreement, all: readonly Figures[]): string {
  if (all.length < 2) return "one backend alone: there is no loss to compare with";
  const digits = apart.toExponential(0);
  const within = apart === 0 ? "exactly" : `within ${digits} of their size`;
  return agree
    ? `the losses before and after the first update agree (${within})`
    : [
        `!!! THE LOSSES DISAGREE by ${digits} of their size: these backends do not compute the same.`,
        ...all.map(({ name, losses }) => `!!!   ${name}: ${losses.join(", then ")}`),
        "!!! Trust none of these figures. Please report this with the spec.",
      ].join("\n");
}

/** Rounds further apart than this say little. */
const CALM = 1.15;

/** @param load programs that wanted a core when it began, and cores */
export function noiseText(
  all: readonly Figures[],
  { load, cores }: { readonly load: number; readonly cores: number },
): string {
  const apart = all.flatMap(({ rounds_apart: rounds }) => rounds ?? []);
  if (apart.length === 0) return "noise: unknown, for nothing was measured twice";
  const worst = Math.max(...apart);
  const distance = worst < 2 ? `${((worst - 1) * 100).toFixed(0)} % apart` : `${ratioText(worst)} x apart`;
  const busy = load > cores / 2 ? ` (load ${load.toFixed(1)} on ${String(cores)} cores when it began)` : "";
  return wrapped(
    worst <= CALM
      ? `noise: the rounds of a backend are at most ${distance}`
      : `noise: the rounds of a backend are up to ${distance}, so smaller differences mean nothing${busy}; close other ` +
          "programs, or measure longer with --seconds",
  );
}

export function leftOutText(leftOut: readonly LeftOut[]): string {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return reasons
    .map((reason) => {
      const names = leftOut.filter((one) => one.reason === reason).map(({ what }) => what);
      return wrapped(`not measured: ${names.join(" and ")}: ${reason}`, { indent: "  " });
    })
    .join("\n");
}

/** What the columns stand for, and who is fastest. */
export function readingText(all: readonly Figures[]): string {
  const measured = all.flatMap(({ name, step_ms: step }) => (step === null ? [] : [{ name, median: step.median }]));
  const [fastest, ...others] = measured.sort((left, right) => left.median - right.median);
  const slowest = others[others.length - 1];
  return [
    "ms: median; GFLOP/s: of matrix products alone; memory: as planned; start: making",
    "the model and its first step.",
    ...(fastest === undefined || slowest === undefined
      ? []
      : [wrapped(`fastest: ${fastest.name}, ${ratioText(slowest.median / fastest.median)} x ${slowest.name}`)]),
  ].join("\n");
}
