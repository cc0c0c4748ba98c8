/** What is wrong with a cell that should hold a number, and how to write it. Nothing here is guessed into a number. */
import { isNumber } from "./byte-number.ts";
import type { CellFault } from "./source-table.ts";

const NOT_FINITE = /^[+-]?(?:inf|infinity)$/i;

/** Spellings of a missing value in R, pandas, SQL, spreadsheets and by hand, in lower case. */
const MISSING_WORDS = new Set(
  (
    "na n/a n.a. n.a <na> #n/a #na nan -nan +nan 1.#qnan 1.#ind null none nil undefined missing nv n.v. #nv k.a. " +
    "#value! #div/0! #ref! #null! #num! #name? - -- --- – — . .. ... ? *"
  ).split(" "),
);

/** Whether text stands for a value that is missing. */
export function saysMissing(text: string): boolean {
  return MISSING_WORDS.has(text.trim().toLowerCase());
}

/** What the cells of a column tell about its commas and points. */
export interface MarkEvidence {
  /** Cells whose comma can only be a decimal mark: 1,5 or 0,125 or 1.234,5. */
  decimalCommas: number;
  /** Cells whose comma can only group thousands: 1,234,567 or 1,234.5. */
  groupingCommas: number;
}

export function noEvidence(): MarkEvidence {
  return { decimalCommas: 0, groupingCommas: 0 };
}

const GROUPED = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
const GROUPED_TWICE = /^[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}$/;
const GROUPED_DECIMAL = /^[+-]?\d{1,3}(?:,\d{3})+\.\d+$/;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
const POINTS_AND_COMMA = /^[+-]?\d{1,3}(?:\.\d{3})+,\d*$/;
const POINTS = /^[+-]?\d{1,3}(?:\.\d{3}){2,}$/;
/** Spaces of every width, the apostrophe of Switzerland, and underscores. */
const SPACED = /^[+-]?\d{1,3}(?:[\s'’_]\d{3})+(?:[.,]\d+)?$/;

/** Counts what one cell tells. */
export function learnMarks(cell: string, evidence: MarkEvidence): void {
  if (cell.length > 100) return;
  if (GROUPED_TWICE.test(cell) || GROUPED_DECIMAL.test(cell)) evidence.groupingCommas += 1;
  else if (POINTS_AND_COMMA.test(cell) || (DECIMAL_COMMA.test(cell) && !GROUPED.test(cell)))
    evidence.decimalCommas += 1;
}

/** @param evidence of the whole column, where marks can be read in two ways */
export function faultOf(cell: string, evidence: MarkEvidence): CellFault {
  const found = `"${cell.length > 40 ? `${cell.slice(0, 40)}...` : cell}"`;
  if (isNumber(cell) || NOT_FINITE.test(cell)) {
    return { code: "not-finite", found, help: "leave the cell empty where a value is missing, and set missing." };
  }
  if (saysMissing(cell)) {
    return {
      code: "not-a-number",
      found,
      meaning: "a word for a missing value",
      help: "only an empty cell is a missing value, which the key missing fills: empty the cells that hold such a word.",
    };
  }
  // Longer than any number: nothing is found in it but time is lost.
  const special = cell.length > 100 ? undefined : (marksHelp(cell, evidence) ?? signsHelp(cell));
  if (special !== undefined) return { code: "not-a-number", found, help: special, likeNumber: true };
  const help = "name only columns of numbers, or leave the cell empty where a value is missing and set missing.";
  return { code: "not-a-number", found, help };
}

function marksHelp(cell: string, evidence: MarkEvidence): string | undefined {
  const withoutCommas = cell.replaceAll(",", "");
  const withPoint = cell.replaceAll(".", "").replace(",", ".");
  if (GROUPED.test(cell)) {
    const column = "as other cells of the column show";
    if (GROUPED_TWICE.test(cell)) return `write numbers without thousands separators: ${withoutCommas}.`;
    if (evidence.decimalCommas > 0 && evidence.groupingCommas === 0) {
      return `the comma is the decimal mark, ${column}; write decimals with a point: ${withPoint}.`;
    }
    if (evidence.groupingCommas > 0 && evidence.decimalCommas === 0) {
      return `the comma groups thousands, ${column}; write numbers without thousands separators: ${withoutCommas}.`;
    }
    return `this can be read as ${withoutCommas} or as ${withPoint}: write the one that is meant, without a comma.`;
  }
  if (GROUPED_DECIMAL.test(cell)) return `write numbers without thousands separators: ${withoutCommas}.`;
  if (POINTS_AND_COMMA.test(cell)) {
    return `write decimals with a point, and numbers without thousands separators: ${withPoint}.`;
  }
  if (DECIMAL_COMMA.test(cell)) return `write decimals with a point: ${cell.replace(",", ".")}.`;
  if (POINTS.test(cell)) return `write numbers without thousands separators: ${cell.replaceAll(".", "")}.`;
  if (SPACED.test(cell)) {
    const plain = cell.replace(/[\s'’_]/g, "").replace(",", ".");
    return `write numbers without thousands separators: ${plain}.`;
  }
  return undefined;
}

function signsHelp(cell: string): string | undefined {
  if (/^[−–﹣-]\s*[\d.,]+$/.test(cell)) return 'write the minus sign as "-", right before the digits.';
  if (/^[+-]?[\d.,]+\s*[%‰]$/.test(cell)) return "write percentages without their sign: 12.5.";
  if (/^[+-]?[\d.,]+[+-]$/.test(cell)) return "write the sign before the digits.";
  if (/^\([\d.,]+\)$/.test(cell)) return "write negative numbers with a minus sign.";
  if (
    /^(?:\p{Sc}|[A-Z]{3})\s*[+-]?[\d.,]+$/u.test(cell) ||
    /^[+-]?[\d.,]+\s*(?:\p{Sc}|[\p{L}°/²³]{1,6})$/u.test(cell)
  ) {
    return "write the number alone, without its unit.";
  }
  return undefined;
}
