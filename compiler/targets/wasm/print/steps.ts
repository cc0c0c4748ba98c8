/**
 * The steps of programs as statements. Sections that do the same on other places in memory, for equal layers or in several
 * programs, are one function that is told the places.
 */
import { capitalize, identifierFrom } from "../../../code-text/names.ts";
import type { Origin } from "../../../ir/program.ts";
import type { FunctionTable } from "./function-table.ts";
import { indented, LocalNames } from "./scope.ts";

/** What a call passes on: a place in memory, perhaps moved by a loop; or a name as it is. */
export type Argument =
  | { readonly kind: "place"; readonly name: string; readonly at: number; readonly moved: string }
  | { readonly kind: "name"; readonly name: string };

export type Statement =
  | {
      readonly kind: "call";
      readonly name: string;
      readonly arguments: readonly Argument[];
      /** All threads meet before it. */
      readonly barrier: boolean;
      /** One thread does it. */
      readonly alone: boolean;
    }
  | { readonly kind: "loop"; readonly head: string; readonly body: readonly Statement[] };

/** What a program does for one layer in one phase. */
export interface Section {
  readonly origin: Pick<Origin, "phase" | "layer">;
  readonly statements: readonly Statement[];
}

/** Every thread's own place in memory: a local of the steps, which functions are handed. */
export const workspaceName = "workspace";

/** Bytes of a call and of each of its arguments in a binary, roughly; a function is worth no less than it saves. */
const [callBytes, argumentBytes, leastSaving] = [2, 4, 64];

/** Lines of every section, with calls of functions where sections are equal. */
export function sectionLines(
  sections: readonly Section[],
  functions: FunctionTable,
  reserved: readonly string[],
): ReadonlyMap<Section, readonly string[]> {
  const groups = new Map<string, Section[]>();
  for (const section of sections) {
    const form = printed(section.statements, () => "#").join("\n");
    const key = JSON.stringify([section.origin.phase, form]);
    groups.set(key, [...(groups.get(key) ?? []), section]);
  }
  return new Map([...groups.values()].flatMap((group) => groupLines(group, functions, reserved)));
}

type PlaceText = (place: Argument & { kind: "place" }, position: number) => string;

/** @param textOf of a place, and how many places stand before it */
function printed(statements: readonly Statement[], textOf: PlaceText): readonly string[] {
  let position = 0;
  const lines = (list: readonly Statement[]): readonly string[] =>
    list.flatMap((statement): readonly string[] => {
      if (statement.kind === "loop") return [statement.head, ...indented(lines(statement.body)), "}"];
      const given = statement.arguments.map((argument) =>
        argument.kind === "name" ? argument.name : `${textOf(argument, position++)}${argument.moved}`,
      );
      const call = `${statement.name}(${given.join(", ")});`;
      return [...(statement.barrier ? ["barrier();"] : []), statement.alone ? `if (isFirst()) ${call}` : call];
    });
  return lines(statements);
}

function groupLines(
  group: readonly Section[],
  functions: FunctionTable,
  reserved: readonly string[],
): readonly (readonly [Section, readonly string[]])[] {
  const [first] = group;
  if (first === undefined) return [];
  const places = group.map(({ statements }) => placesIn(statements));
  const columns = columnsOf(places.map((list) => list.map(({ at }) => at)));
  const parameters = columns.filter((column) => column.kind === "parameter");
  const usesWorkspace = callsIn(first.statements).some(({ arguments: given }) =>
    given.some(({ kind, name }) => kind === "name" && name === workspaceName),
  );
  const inPlace = callsIn(first.statements).reduce(
    (total, { arguments: given }) => total + callBytes + given.length * argumentBytes,
    0,
  );
  const calling = callBytes + (parameters.length + Number(usesWorkspace)) * argumentBytes;
  if ((group.length - 1) * inPlace - group.length * calling < leastSaving) {
    return group.map((section) => [section, printed(section.statements, ({ at }) => String(at))]);
  }
  const locals = new LocalNames([...reserved, workspaceName]);
  const names = columns.map((column, position) =>
    column.kind === "parameter" ? locals.take(places[0]?.[position]?.name ?? "place") : "",
  );
  const name = functions.add(
    functionName(first.origin),
    [...names.filter((one) => one !== ""), ...(usesWorkspace ? [workspaceName] : [])].map((one) => `${one}: usize`),
    printed(first.statements, (_, position) => columnText(columns, position, names)),
  );
  return group.map((section, site) => {
    const given = columns.flatMap((column, position) =>
      column.kind === "parameter" ? [String(places[site]?.[position]?.at ?? 0)] : [],
    );
    return [section, [`${name}(${[...given, ...(usesWorkspace ? [workspaceName] : [])].join(", ")});`]];
  });
}

/** What a place of equal sections is: the same for all, so far behind another, or for the caller to say. */
type Column =
  | { readonly kind: "constant"; readonly at: number }
  | { readonly kind: "behind"; readonly leader: number; readonly bytes: number }
  | { readonly kind: "parameter" };

/** @param sites places in order, of each section */
function columnsOf(sites: readonly (readonly number[])[]): readonly Column[] {
  const [first = []] = sites;
  const columns: Column[] = [];
  // Parameters by how the places move from section to section.
  const known = new Map<string, number>();
  first.forEach((at, position) => {
    const moves = sites.map((site) => (site[position] ?? 0) - at);
    if (moves.every((move) => move === 0)) {
      columns.push({ kind: "constant", at });
      return;
    }
    const key = moves.join(" ");
    const leader = known.get(key);
    if (leader === undefined) known.set(key, position);
    columns.push(
      leader === undefined ? { kind: "parameter" } : { kind: "behind", leader, bytes: at - (first[leader] ?? 0) },
    );
  });
  return columns;
}

function columnText(columns: readonly Column[], position: number, names: readonly string[]): string {
  const column = columns[position];
  if (column?.kind === "constant") return String(column.at);
  if (column?.kind !== "behind") return names[position] ?? "";
  const { leader, bytes } = column;
  const name = names[leader] ?? "";
  return bytes === 0 ? name : `${name} ${bytes < 0 ? "-" : "+"} ${Math.abs(bytes)}`;
}

function callsIn(statements: readonly Statement[]): readonly (Statement & { kind: "call" })[] {
  return statements.flatMap((statement) => (statement.kind === "call" ? [statement] : callsIn(statement.body)));
}

function placesIn(statements: readonly Statement[]) {
  return callsIn(statements).flatMap(({ arguments: given }) =>
    given.flatMap((argument) => (argument.kind === "place" ? [argument] : [])),
  );
}

function functionName({ phase, layer }: Section["origin"]): string {
  return identifierFrom(`${layer}${capitalize(phase)}`);
}
