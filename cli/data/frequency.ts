/** How far apart the rows of a series lie in time: told by the spec, or by the rows themselves. */
import type { Frequency } from "@specloom/runtime/internal/contract-data";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const UNITS = { second: SECOND, minute: MINUTE, hour: HOUR, day: DAY, week: WEEK } as const;
const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/** Distance of two rows. `business`: Monday to Friday, where up to two such days in a row may lack, as holidays do. */
export type Step =
  | { readonly kind: "time"; readonly length: number; readonly business: boolean }
  | { readonly kind: "months"; readonly count: number };

/** @returns undefined for `irregular` */
export function stepOf(frequency: Frequency): Step | undefined {
  if (frequency === "irregular") return undefined;
  if (frequency === "business_day") return { kind: "time", length: DAY, business: true };
  const { every: count, unit } = typeof frequency === "string" ? { every: 1, unit: frequency } : frequency;
  const months = Object.entries(MONTHS).find(([name]) => name === unit)?.[1];
  if (months !== undefined) return { kind: "months", count: months * count };
  const length = Object.entries(UNITS).find(([name]) => name === unit)?.[1] ?? DAY;
  return { kind: "time", length: length * count, business: false };
}

/** `1 day`, `15 minutes`, `1 month`. */
export function stepText(step: Step): string {
  if (step.kind === "months") {
    const [unit, size] = step.count % 12 === 0 ? ["year", 12] : ["month", 1];
    return counted(step.count / size, unit);
  }
  if (step.business) return "1 business day";
  const found = Object.entries(UNITS).findLast(([, size]) => step.length % size === 0 && step.length >= size);
  const [unit, size] = found ?? ["second", SECOND];
  return counted(step.length / size, unit);
}

function counted(count: number, unit: string): string {
  return `${String(Number(count.toPrecision(6)))} ${unit}${count === 1 ? "" : "s"}`;
}

/** Distances that are compared to find the usual one. */
const DISTANCES_COMPARED = 100_000;
/** So many of ten must be alike; else the rows lie as they happen to, and no distance is a gap. */
const ALIKE_OF_TEN = 7;

/** @param times ascending, milliseconds. @returns undefined where they are irregular, or too few to tell */
export function usualStep(times: Float64Array): Step | undefined {
  if (times.length < 5) return undefined;
  const months = usual(times, (earlier, later) => monthOf(later) - monthOf(earlier));
  if (months !== undefined && months.median >= 1 && months.least >= 1) {
    return months.isRegular ? { kind: "months", count: months.median } : undefined;
  }
  const lengths = usual(times, (earlier, later) => later - earlier);
  return lengths?.isRegular === true && lengths.median > 0
    ? { kind: "time", length: lengths.median, business: false }
    : undefined;
}

function usual(
  times: Float64Array,
  distance: (earlier: number, later: number) => number,
): { readonly median: number; readonly least: number; readonly isRegular: boolean } | undefined {
  const every = Math.ceil((times.length - 1) / DISTANCES_COMPARED);
  const distances = Float64Array.from({ length: Math.floor((times.length - 2) / every) + 1 }, (_, index) =>
    distance(times[index * every] ?? 0, times[index * every + 1] ?? 0),
  ).sort();
  const median = distances[distances.length >> 1];
  const [least] = distances;
  if (median === undefined || least === undefined) return undefined;
  const alike = distances.filter((value) => Math.abs(value - median) <= median / 10).length;
  return { median, least, isRegular: 10 * alike >= ALIKE_OF_TEN * distances.length };
}

/** Months since year 0. */
export function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * A clock put forward or back by an hour: on a Sunday before five, in spring or autumn, in times without an offset.
 * @param distance from the row above
 */
export function isClockChange(time: number, distance: number, length: number): boolean {
  if (length > HOUR || Math.abs(distance - length) !== HOUR) return false;
  const date = new Date(time);
  return date.getUTCDay() === 0 && date.getUTCHours() < 5 && [2, 3, 8, 9, 10].includes(date.getUTCMonth());
}

/** More steps of one gap are not looked at one by one. */
const MOST_STEPS = 20_000;
/** Days that shops and exchanges are closed for besides their usual ones. */
const MOST_HOLIDAYS = 2;
/** A shorter series does not tell which days of the week it leaves out. */
const WEEKS_TO_TELL = 3;

/**
 * Counts the rows that lack between two others. Hours and days that the whole series leaves out (nights, Sundays) do not
 * lack, nor do single holidays of a series that keeps to days of the week.
 */
export class Opening {
  readonly #length: number;
  readonly #perWeek: number;
  readonly #slots = new Set<number>();
  readonly #weekdays = new Set<number>();
  readonly #tells: boolean;

  /** @param business whether Saturdays and Sundays are left out, whatever the rows say */
  constructor(times: Float64Array, length: number, business: boolean) {
    this.#length = length;
    this.#perWeek = Math.round(WEEK / length);
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    this.#tells = span >= WEEKS_TO_TELL * WEEK && this.#perWeek >= 7 && this.#perWeek <= 1_000_000;
    for (const time of times) {
      if (this.#tells) this.#slots.add(this.#slotOf(time));
      const weekday = new Date(time).getUTCDay();
      if (!business || (weekday !== 0 && weekday !== 6)) this.#weekdays.add(weekday);
    }
  }

  /** How many rows lack between two neighbours; 0 where they follow each other, or only closed times lie between. */
  missing(earlier: number, later: number): number {
    const length = this.#length;
    const steps = Math.round((later - earlier) / length) - 1;
    if (steps < 1 || later - earlier <= 1.5 * length) return 0;
    if (length > DAY || steps > MOST_STEPS) return steps;
    const days = new Set<number>();
    let missing = 0;
    for (let step = 1; step <= steps; step += 1) {
      const time = earlier + step * length;
      if (!this.#isOpen(time)) continue;
      days.add(Math.floor(time / DAY));
      missing += 1;
    }
    return this.#leavesOutDays && days.size <= MOST_HOLIDAYS ? 0 : missing;
  }

  get #leavesOutDays(): boolean {
    return !this.#weekdays.has(0) && !this.#weekdays.has(6) ? true : this.#tells && this.#weekdays.size < 7;
  }

  #isOpen(time: number): boolean {
    const weekday = new Date(time).getUTCDay();
    const weekendOut = !this.#weekdays.has(0) && !this.#weekdays.has(6);
    if (weekendOut && (weekday === 0 || weekday === 6)) return false;
    return !this.#tells || this.#slots.has(this.#slotOf(time));
  }

  #slotOf(time: number): number {
    return Math.round((((time % WEEK) + WEEK) % WEEK) / this.#length) % this.#perWeek;
  }
}
