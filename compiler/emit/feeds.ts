/** What programs take with each call, as tables: a program that takes what another does, and more, goes on from that one's table. */
import type { AnyProgramName, FeedFact } from "@specloom/runtime/internal/contract";
import { dataLiteral } from "../code-text/literals.ts";
import { programOrder } from "../code-text/program-order.ts";
import { constant, rows, type Statement } from "./statements.ts";

export interface FeedTables {
  /** Tables that several programs begin with. */
  readonly declarations: readonly Statement[];
  /** The list of a program, as a literal. */
  readonly literal: (program: AnyProgramName, indent: string) => string;
}

/** Fewer rows than this are written again. */
const leastRows = 3;

/** @param nameOf what the table of a program is called */
export function feedTables(
  feeds: ReadonlyMap<AnyProgramName, readonly FeedFact[]>,
  nameOf: (program: AnyProgramName) => string,
): FeedTables {
  const beginnings = new Map<AnyProgramName, AnyProgramName>();
  for (const [place, program] of programOrder.entries()) {
    const own = feeds.get(program) ?? [];
    const known = programOrder.slice(0, place).filter((other) => isBeginning(feeds.get(other) ?? [], own));
    const [longest] = known.sort((a, b) => (feeds.get(b)?.length ?? 0) - (feeds.get(a)?.length ?? 0));
    if (longest !== undefined) beginnings.set(program, longest);
  }
  const shared = new Set(beginnings.values());
  const written = (program: AnyProgramName, indent: string): string => {
    const own = feeds.get(program) ?? [];
    const first = beginnings.get(program);
    if (first === undefined) return rows(own, indent);
    const more = own.slice(feeds.get(first)?.length ?? 0);
    if (more.length === 0) return nameOf(first);
    const lines = more.map((feed) => `${indent}  ${dataLiteral(feed, "", Number.POSITIVE_INFINITY)},\n`);
    return `[\n${indent}  ...${nameOf(first)},\n${lines.join("")}${indent}]`;
  };
  return {
    declarations: programOrder.flatMap((program) =>
      shared.has(program) ? [constant(nameOf(program), { value: `${written(program, "")} as const` })] : [],
    ),
    literal: (program, indent) => (shared.has(program) ? nameOf(program) : written(program, indent)),
  };
}

function isBeginning(first: readonly FeedFact[], whole: readonly FeedFact[]): boolean {
  if (first.length < leastRows) return false;
  return JSON.stringify(first) === JSON.stringify(whole.slice(0, first.length));
}
