/** Times as tables write them, read as UTC where no offset stands beside them. */

/** A way to write a time. */
export interface TimeFormat {
  readonly name: "year first" | "day first" | "month first" | "digits" | "year" | "seconds" | "milliseconds";
  /** @returns milliseconds since 1970; undefined for what is no time */
  read(text: string): number | undefined;
}

const CLOCK = String.raw`(?:[T ]\s?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([AaPp][Mm])?\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2})${CLOCK})?$`);
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${CLOCK}$`);
const DIGITS = /^((?:19|20)\d{2})(\d{2})(\d{2})$/;

const yearFirst: TimeFormat = {
  name: "year first",
  read: (text) => {
    const match = YEAR_FIRST.exec(text);
    return match === null ? undefined : timeOf(match[1], match[3], match[4] ?? "1", match.slice(5));
  },
};

/** Points stand behind days first wherever they are used. */
const dayFirst: TimeFormat = {
  name: "day first",
  read: (text) => {
    const match = YEAR_LAST.exec(text);
    return match === null ? undefined : timeOf(match[4], match[3], match[1], match.slice(5));
  },
};

const monthFirst: TimeFormat = {
  name: "month first",
  read: (text) => {
    const match = YEAR_LAST.exec(text);
    return match === null || match[2] === "." ? undefined : timeOf(match[4], match[1], match[3], match.slice(5));
  },
};

const digits: TimeFormat = {
  name: "digits",
  read: (text) => {
    const match = DIGITS.exec(text);
    return match === null ? undefined : timeOf(match[1], match[2], match[3], []);
  },
};

const year: TimeFormat = {
  name: "year",
  read: (text) => (/^[12]\d{3}$/.test(text) ? Date.UTC(Number(text), 0, 1) : undefined),
};

/** Between 1990 and 2100, which tells seconds from milliseconds and both from other numbers. */
const since1970 = (name: "seconds" | "milliseconds", factor: number): TimeFormat => ({
  name,
  read: (text) => {
    const time = /^\d{9,13}(?:\.\d+)?$/.test(text) ? Number(text) * factor : Number.NaN;
    return time >= Date.UTC(1990) && time < Date.UTC(2100) ? time : undefined;
  },
});

/**
 * Formats in which the beginning of a column can be read; two where day and month cannot be told apart there.
 * @param name of the column: numbers are times only where it says so
 * @param sample some of its cells, without empty ones
 */
export function timeFormats(name: string, sample: readonly string[]): readonly TimeFormat[] {
  const formats = [yearFirst, dayFirst, monthFirst, digits];
  if (/year|jahr|ann[ée]e|^año$/i.test(name)) formats.push(year);
  if (/time|date|stamp|zeit|^ts$|^t$|unix|epoch/i.test(name)) {
    formats.push(since1970("seconds", 1000), since1970("milliseconds", 1));
  }
  // One cell in ten may hold something else; it is said where it stands.
  const most = sample.length / 10;
  return formats.filter(
    (format) => sample.length > 0 && sample.filter((text) => format.read(text) === undefined).length <= most,
  );
}

/** @param clock hour, minute, second, fraction, AM or PM, offset */
function timeOf(
  yearText: string | undefined,
  monthText: string | undefined,
  dayText: string | undefined,
  clock: readonly (string | undefined)[],
): number | undefined {
  const [years, month, day] = [Number(yearText), Number(monthText) - 1, Number(dayText)];
  const [hourText, minute = "0", second = "0", fraction = "0", half, offset] = clock;
  const hour = hourOf(Number(hourText ?? "0"), half?.toLowerCase());
  const midnight = Date.UTC(years, month, day);
  const isDate = month >= 0 && month < 12 && day >= 1 && day <= daysIn(years, month);
  // 24:00 is the end of a day, and 60 a leap second.
  if (!isDate || hour === undefined || hour > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = (hour * 60 + Number(minute)) * 60 + Number(second) + Number(`0.${fraction}`);
  return midnight + Math.round(seconds * 1000) - offsetOf(offset);
}

/** @param month from 0 */
function daysIn(years: number, month: number): number {
  const isLeap = years % 4 === 0 && (years % 100 !== 0 || years % 400 === 0);
  return month === 1 && isLeap ? 29 : (DAYS[month] ?? 0);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half === "pm" ? 12 : 0);
}

/** Milliseconds that a clock with this offset is ahead of UTC. */
function offsetOf(offset: string | undefined): number {
  const match = offset === undefined ? null : /^([+-])(\d{2}):?(\d{2})?$/.exec(offset);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? "0");
  return (match[1] === "-" ? -1 : 1) * minutes * 60_000;
}
