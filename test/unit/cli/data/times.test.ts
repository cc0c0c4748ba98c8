/** Which times of a column are said to be trouble, and which only look so. */
import { describe, expect, it } from "vitest";
import type { Frequency } from "../../../../runtime/contract-data.ts";
import { readSeries } from "../../../../cli/data/series-file.ts";
import { readTimes, timeTrouble, type TimeTrouble } from "../../../../cli/data/time-column.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { memoryFiles, seriesSection } from "./memory-files.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const iso = (time: number, letters = 10): string => new Date(time).toISOString().slice(0, letters).replace("T", " ");
const from = (first: string, count: number, step = DAY): number[] =>
  Array.from({ length: count }, (_, index) => Date.parse(`${first}Z`) + index * step);

function read(cells: readonly string[], name = "date"): Float64Array | "ambiguous" | undefined {
  const column = readTimes(name, { rowCount: cells.length, text: (row) => cells[row] ?? "" });
  return column?.kind === "times" ? column.times : column?.kind;
}

function troubleOf(cells: readonly string[], frequency?: Frequency, name?: string): TimeTrouble {
  const times = read(cells, name);
  if (!(times instanceof Float64Array)) throw new Error(`no times: ${String(times)}`);
  return timeTrouble(times, frequency);
}

const none = { unreadable: [], isBackward: false, disorder: [], duplicates: [], gaps: [], close: [] };

describe("times that are no trouble", () => {
  const weekday = (time: number): number => new Date(time).getUTCDay();
  const years = from("2019-01-01", 730);
  const shop = years.filter((time) => weekday(time) !== 0);
  const exchange = years.filter(
    (time) => weekday(time) % 6 !== 0 && !iso(time).endsWith("12-25") && !iso(time).endsWith("12-26"),
  );
  const hours = from("2020-01-06", 24 * 60, HOUR).filter(
    (time) => weekday(time) % 6 !== 0 && new Date(time).getUTCHours() >= 9 && new Date(time).getUTCHours() < 17,
  );
  const monthEnds = Array.from({ length: 30 }, (_, month) => iso(Date.UTC(2019, month + 1, 0)));
  const quarters = Array.from({ length: 12 }, (_, quarter) => iso(Date.UTC(2015, 3 * quarter + 3, 0)));
  // Europe: 2020-03-29 has no 02:00, 2020-10-25 has 02:00 twice.
  const spring = from("2020-03-01", 24 * 60, HOUR)
    .map((time) => iso(time, 16))
    .filter((text) => text !== "2020-03-29 02:00");
  const autumn = from("2020-10-01", 24 * 60, HOUR).flatMap((time) => {
    const text = iso(time, 16);
    return text === "2020-10-25 02:00" ? [text, text] : [text];
  });
  const quarterHours = from("2020-10-24", 4 * 48, HOUR / 4).map((time) => iso(time, 16));
  const repeated = quarterHours.flatMap((text) =>
    text === "2020-10-25 03:00"
      ? ["2020-10-25 02:00", "2020-10-25 02:15", "2020-10-25 02:30", "2020-10-25 02:45", text]
      : [text],
  );
  const jitter = from("2020-01-01", 500, 60_000).map((time, index) => iso(time + ((index * 7919) % 5) * 1000, 19));
  const events = Array.from({ length: 80 }, (_, index) =>
    iso(Date.UTC(2020, 0, 1) + index ** 2 * 0.7 * DAY + index * DAY),
  );

  it.each([
    ["days", years.map((time) => iso(time))],
    ["months", Array.from({ length: 40 }, (_, month) => iso(Date.UTC(2000, month, 1), 7))],
    ["ends of months", monthEnds],
    ["ends of quarters", quarters],
    ["weeks", from("2020-01-05", 60, 7 * DAY).map((time) => iso(time))],
    ["leap days", from("2020-02-01", 60).map((time) => iso(time))],
    ["six days a week", shop.map((time) => iso(time))],
    ["working days with holidays", exchange.map((time) => iso(time))],
    ["opening hours", hours.map((time) => iso(time, 16))],
    ["a clock put forward", spring],
    ["a clock put back", autumn],
    ["a clock put back, in quarters of an hour", repeated],
    ["nearly regular times", jitter],
    ["times of events", events],
    ["a few rows", ["2020-01-01", "2020-01-05", "2020-02-01"]],
  ])("%s", (_, cells) => {
    expect(troubleOf(cells)).toMatchObject(none);
  });

  it("business days by name, whatever else the rows say", () => {
    expect(
      troubleOf(
        exchange.map((time) => iso(time)),
        "business_day",
      ),
    ).toMatchObject({ ...none, step: "1 business day" });
    expect(troubleOf(events, "irregular")).toMatchObject(none);
  });
});

describe("times that are trouble", () => {
  const days = from("2020-01-01", 60).map((time) => iso(time));

  it("finds gaps and counts what is missing", () => {
    const cells = days.filter((_, index) => index < 20 || index >= 30);
    expect(troubleOf(cells)).toMatchObject({ ...none, gaps: [{ row: 20, missing: 10 }], step: "1 day" });
    const months = Array.from({ length: 40 }, (_, month) => iso(Date.UTC(2000, month, 1), 7)).filter(
      (_, m) => m !== 7 && m !== 8,
    );
    expect(troubleOf(months)).toMatchObject({ ...none, gaps: [{ row: 7, missing: 2 }], step: "1 month" });
    const hours = from("2020-06-01", 200, HOUR)
      .map((time) => iso(time, 16))
      .filter((_, hour) => hour !== 50);
    expect(troubleOf(hours)).toMatchObject({ ...none, gaps: [{ row: 50, missing: 1 }], step: "1 hour" });
    const working = from("2020-01-01", 200)
      .filter((time) => new Date(time).getUTCDay() % 6 !== 0)
      .map((time) => iso(time));
    expect(troubleOf(working.filter((_, row) => row < 40 || row > 47)).gaps).toEqual([{ row: 40, missing: 8 }]);
  });

  it("finds rows that run backward, out of order, or twice", () => {
    expect(troubleOf(days.toReversed())).toMatchObject({ ...none, isBackward: true });
    const swapped = days.with(4, days[5] ?? "").with(5, days[4] ?? "");
    expect(troubleOf(swapped)).toMatchObject({ ...none, disorder: [5] });
    expect(troubleOf(days.flatMap((day) => [day, day]).slice(0, 6))).toMatchObject({ ...none, duplicates: [1, 3, 5] });
    const blocks = [...days.slice(0, 10), ...days.slice(0, 10)];
    expect(troubleOf(blocks)).toMatchObject({
      disorder: [10],
      duplicates: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
      gaps: [],
    });
  });

  it("compares with the frequency of the spec", () => {
    expect(troubleOf(days, { every: 2, unit: "day" }).close).toHaveLength(59);
    expect(troubleOf(days.slice(0, 3), "day")).toMatchObject(none);
    expect(troubleOf(["2020-01-31", "2020-02-29", "2020-05-31"], "month").gaps).toEqual([{ row: 2, missing: 2 }]);
    expect(troubleOf(["2020-03-31", "2020-06-30", "2020-12-31"], "quarter").gaps).toEqual([{ row: 2, missing: 1 }]);
    expect(troubleOf(["2020-01-03", "2020-01-06", "2020-01-13"], "business_day").gaps).toEqual([
      { row: 2, missing: 4 },
    ]);
  });
});

describe("how times are written", () => {
  const first = (cells: readonly string[], name?: string): string | undefined => {
    const times = read(cells, name);
    return times instanceof Float64Array ? new Date(times[0] ?? 0).toISOString() : times;
  };

  it.each([
    [["2020-02-03"], "2020-02-03T00:00:00.000Z"],
    [["2020-02"], "2020-02-01T00:00:00.000Z"],
    [["2020/2/3 4:05"], "2020-02-03T04:05:00.000Z"],
    [["2020-02-03T04:05:06.5Z"], "2020-02-03T04:05:06.500Z"],
    [["2020-02-03 04:05:06+01:00"], "2020-02-03T03:05:06.000Z"],
    [["03.02.2020 16:05"], "2020-02-03T16:05:00.000Z"],
    [["03/02/2020", "13/02/2020"], "2020-02-03T00:00:00.000Z"],
    [["02/03/2020 4:05 PM", "02/13/2020 12:00 AM"], "2020-02-03T16:05:00.000Z"],
    [["20200203"], "2020-02-03T00:00:00.000Z"],
    [["01/02/2020", "01/03/2020", "02/01/2020"], "2020-01-02T00:00:00.000Z"],
  ])("%j", (cells, expected) => {
    expect(first(cells)).toBe(expected);
  });

  it("takes numbers for times only where the column is called so", () => {
    expect([first(["1949"], "year"), first(["1949"], "sold")]).toEqual(["1949-01-01T00:00:00.000Z", undefined]);
    expect([first(["1580688000"], "timestamp"), first(["1580688000"], "id")]).toEqual([
      "2020-02-03T00:00:00.000Z",
      undefined,
    ]);
    expect(first(["1580688000000"], "time")).toBe("2020-02-03T00:00:00.000Z");
  });

  it("says so where day and month cannot be told apart", () => {
    expect(read(["01/02/2020", "02/02/2020", "03/02/2020"])).toBe("ambiguous");
  });

  it.each([[["monday", "tuesday"]], [["2020-13-01"]], [["2020-02-30"]], [["25:00"]], [["12.5"]], [[""]]])(
    "%j: no times",
    (cells) => {
      expect(read(cells)).toBeUndefined();
    },
  );
});

describe("a series with dates", () => {
  const table = (days: readonly string[]): string =>
    `date,y\n${days.map((day, row) => `${day},${String(row)}`).join("\n")}\n`;
  const load = (days: readonly string[], changes: object = {}) =>
    loadDataset(seriesSection(changes), [], memoryFiles({ "series.csv": table(days) }));
  const days = from("2020-01-01", 40).map((time) => iso(time));

  it("is not noted where nothing is wrong", async () => {
    expect((await load(days)).notes).toEqual([]);
  });

  it("is noted where the spec does not name the column, and the numbers stay as they are", async () => {
    const { notes, train } = await load(days.toReversed());
    expect(notes).toEqual([expect.stringMatching(/^the times in column "date" run backward from 2020-02-09/)]);
    expect(Array.from(train.select([0])["series"] ?? [])).toEqual([0, 1, 2]);
    const gap = (await load(days.filter((_, day) => day !== 9))).notes;
    expect(gap).toEqual([
      expect.stringContaining('1 time is missing in column "date" (step 1 day), the first before row 10, 2020-01-11'),
    ]);
    expect(
      (
        await load(
          days.filter((_, day) => day !== 9),
          { frequency: "irregular" },
        )
      ).notes,
    ).toEqual([]);
  });

  it("refuses only gaps that a window runs over", async () => {
    // Rows 35 to 39 lie in no part; the gap before row 38 is no window's.
    const split = { train: 20, validation: 8, test: 7 };
    const late = days.with(38, "2020-06-01").with(39, "2020-06-02");
    expect((await load(late, { time: "date", split })).test.count).toBe(7);
    const early = days.map((day, row) => (row < 10 ? `2019${day.slice(4)}` : day));
    await expect(load(early, { time: "date", split })).rejects.toMatchObject({ code: "time-gap", line: 12 });
    // Windows of 3 rows and the next, every fifth row: 0 to 3, 5 to 8, and so on; none holds rows 4 and 5.
    const between = days.map((day, row) => (row < 5 ? `2019${day.slice(4)}` : day));
    expect((await load(between, { time: "date", split, stride: 5 })).train.count).toBe(4);
  });

  it("names rows by their dates, wherever the column stands", async () => {
    const text = "place,y,date\nhere,1,2020-01-01\nhere,2,2020-01-02\n";
    expect((await readSeries("s.csv", ["y"], memoryFiles({ "s.csv": text }))).labels?.at(1)).toBe("2020-01-02");
  });
});
