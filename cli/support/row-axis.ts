/** What the rows of a file are called: dates where the labels are dates, else their numbers. */
import type { RowAxis } from "../../runtime/report/facts.ts";

const DATE = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?)?$/;

export function rowAxis(labels: readonly string[] | undefined): RowAxis {
  const times = labels?.map(timeOf);
  const isDated = times !== undefined && times.length > 0 && times.every((time) => time !== undefined);
  if (labels === undefined || !isDated) {
    return { title: "row", label: (row) => String(row + 1), time: undefined };
  }
  return {
    title: labels.every((label) => label.length === 7) ? "month" : "date",
    // One row behind the last is what a forecast of the rows to come is about; it has no label.
    label: (row) => labels[row] ?? `row ${String(row + 1)}`,
    time: (row) => times[row] ?? Number.NaN,
  };
}

/** Milliseconds since 1970, the label read as UTC; undefined for what is no date. */
function timeOf(label: string): number | undefined {
  const match = DATE.exec(label.trim());
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(time).getUTCMonth() === month - 1 && new Date(time).getUTCDate() === day ? time : undefined;
}
