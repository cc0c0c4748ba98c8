/** What the rows of a file are called: dates where the labels are dates, else their numbers. */
import type { RowNames } from "../data/source-table.ts";
import type { RowAxis } from "../report/facts.ts";

const DATE = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?)?$/;

export function rowAxis(labels: RowNames | undefined): RowAxis {
  const names = labels ?? [];
  let months = true;
  let dates = names.length > 0;
  for (let row = 0; row < names.length && dates; row += 1) {
    const name = names.at(row) ?? "";
    dates = timeOf(name) !== undefined;
    months &&= name.length === 7;
  }
  if (!dates) return { title: "row", label: (row) => String(row + 1), time: undefined };
  return {
    title: months ? "month" : "date",
    // One row behind the last is what a forecast of the rows to come is about; it has no label.
    label: (row) => names.at(row) ?? `row ${String(row + 1)}`,
    time: (row) => timeOf(names.at(row) ?? "") ?? Number.NaN,
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
