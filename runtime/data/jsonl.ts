/** JSONL files: one object a line, all of one kind; a key that is left out is a missing value. */
import { duplicateKey } from "../duplicate-key.ts";
import { memberOf } from "../member-of.ts";
import { Problem, type ProblemPlace } from "../problem.ts";
import { describe } from "../tensor.ts";
import { placeInText, splitLines } from "./place.ts";
import type { CellFault, OpenTable, SourceTable } from "./source-table.ts";

type Row = Readonly<Record<string, unknown>>;

/** @throws Problem `broken-json`, `duplicate-key` at the line */
export function openJsonLines(text: string, file: string): OpenTable {
  const lines = splitLines(text);
  while (lines.at(-1)?.trim() === "") lines.pop();
  const rows = lines.map((line, index) => parseRow(line, () => linePlace(file, text, index + 1)));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    file,
    columns,
    headerPlace: linePlace(file, text, 1),
    headerLooksLikeData: false,
    load: (chosen, label): SourceTable => {
      const names = chosen.map((column) => columns[column] ?? "");
      const labelName = label === undefined ? undefined : columns[label];
      return {
        rowCount: rows.length,
        cell: (row, column) => numberIn(valueOf(rows[row], names[column] ?? "")),
        place: (row, column) => valuePlace(file, text, row + 1, names[column] ?? ""),
        label: (row) => {
          const value = labelName === undefined ? undefined : valueOf(rows[row], labelName);
          return typeof value === "string" || typeof value === "number" ? String(value) : String(row + 1);
        },
      };
    },
  };
}

function valueOf(row: Row | undefined, name: string): unknown {
  return row && memberOf(row, name);
}

function parseRow(line: string, place: () => ProblemPlace): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Problem({
      code: "broken-json",
      message: line.trim() === "" ? "this line is blank." : "this line is not JSON.",
      help: 'write one object a line: {"temperature": 20.7}.',
      ...place(),
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Problem({
      code: "broken-json",
      message: `this line is ${describe(value)}, but an object was expected.`,
      help: 'write one object a line: {"temperature": 20.7}.',
      ...place(),
    });
  }
  const repeated = duplicateKey(line);
  if (repeated !== undefined) {
    throw new Problem({
      code: "duplicate-key",
      message: `this object has the key "${repeated}" twice.`,
      help: "keep one of them.",
      ...place(),
    });
  }
  return value as Row;
}

function numberIn(value: unknown): number | undefined | CellFault {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    return {
      code: "not-finite",
      found: "a number beyond the range of float64",
      help: "write null where a value is missing.",
    };
  }
  return {
    code: "not-a-number",
    found: describe(value),
    help: "write numbers without quotes, and null where a value is missing.",
  };
}

function linePlace(file: string, text: string, line: number): ProblemPlace {
  const length = Math.max(1, splitLines(text)[line - 1]?.length ?? 1);
  return placeInText({ file, text, line, column: 1, length });
}

/** The value behind the key; the whole line where the key is not to be found. */
function valuePlace(file: string, text: string, line: number, name: string): ProblemPlace {
  const content = splitLines(text)[line - 1] ?? "";
  const key = new RegExp(`${escaped(JSON.stringify(name))}\\s*:\\s*`).exec(content);
  if (key === null) return linePlace(file, text, line);
  const column = key.index + key[0].length + 1;
  const value = /^(?:"(?:[^"\\]|\\.)*"|[^,}\]]+)/.exec(content.slice(column - 1));
  return placeInText({ file, text, line, column, length: value?.[0].trimEnd().length ?? 1 });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
