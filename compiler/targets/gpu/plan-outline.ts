/**
 * Finds sections of plans that do the same for several layers, or for one layer in several programs: what they read from outside
 * and the layer's name are all that differs. Each such group is worth a function.
 */
import { lineWidth } from "../../code-text/literals.ts";
import { printStatements } from "./plan-print.ts";
import { givenBy, readIn, type Plan, type Section, type Value } from "./plan-statements.ts";

/** Sections that stand in one function of a module, and what it gives in the end. */
export interface Body {
  readonly sections: readonly Section[];
  readonly results: Plan["results"];
  /** What it goes on from; names of values are the same there. */
  readonly before?: Body;
}

/** A section that calls the function of its group, and what it hands over: the same in number and order at every site of a group. */
export interface Site {
  readonly section: Section;
  /** Sections of the same layer in groups of their own, of which this one reads values. */
  readonly reads: readonly Section[];
  /** Other values from outside. */
  readonly takes: readonly Value[];
}

/** Sections that are equal but for the layer and what comes from outside. */
export interface Group {
  readonly sites: readonly [Site, ...Site[]];
  /** Places among what a section gives (`givenBy`) of what is read outside of it. */
  readonly gives: readonly number[];
}

/** Fewer lines than this gained are not worth looking elsewhere for what is done. */
const leastGain = 4;

export function equalSections(bodies: readonly Body[]): readonly Group[] {
  const homes = new Map(
    bodies.flatMap((body) => {
      const ofBody = homesIn(body);
      return body.sections.map((section) => [section, ofBody] as const);
    }),
  );
  const apart = new Set(bodies.flatMap(withSharedArrays));
  let grouped: ReadonlyMap<Section, string> = new Map(
    [...homes.keys()].flatMap((section) => (isUpdate(section) || apart.has(section) ? [] : [[section, ""]])),
  );
  // What is read of another group makes groups differ; what is alone in the end stands where it stood. Groups only get smaller.
  for (;;) {
    const together = new Map<string, Form[]>();
    for (const [section, ofBody] of homes) {
      if (!grouped.has(section)) continue;
      const form = formOf(section, ofBody, grouped);
      const key = JSON.stringify([grouped.get(section), form.text]);
      together.set(key, [...(together.get(key) ?? []), form]);
    }
    const groups = [...together.values()].filter(isWorthIt);
    const next = new Map(
      groups.flatMap((forms, index) => forms.map(({ section }) => [section, String(index)] as const)),
    );
    if (next.size === grouped.size && new Set(next.values()).size === new Set(grouped.values()).size) {
      const given = readOutside(bodies);
      return groups.flatMap(([first, ...others]) => (first === undefined ? [] : [groupOf([first, ...others], given)]));
    }
    grouped = next;
  }
}

/** Where the values of a body come from. */
function homesIn(body: Body): ReadonlyMap<string, Section> {
  const own = body.sections.flatMap((section) =>
    givenBy(section.statements).map(({ name }): [string, Section] => [name, section]),
  );
  return new Map([...(body.before === undefined ? [] : homesIn(body.before)), ...own]);
}

function isUpdate({ statements }: Section): boolean {
  return statements.some(({ kind }) => kind === "update");
}

/** Sections that fill an array together, such as one with its first step and one with a loop: they stay where the array is. */
function withSharedArrays({ sections, before }: Body): readonly Section[] {
  const writers = new Map<string, Set<Section>>();
  for (const section of [...(before?.sections ?? []), ...sections]) {
    for (const { name, form } of givenBy(section.statements)) {
      if (form === "steps") writers.set(name, (writers.get(name) ?? new Set()).add(section));
    }
  }
  return [...writers.values()].flatMap((several) => (several.size > 1 ? [...several] : []));
}

interface Form extends Site {
  /** The statements with all names taken out that a function would be given. */
  readonly text: string;
  /** Lines where it stands, and in a function of its own. */
  readonly lines: number;
  readonly linesInside: number;
}

function formOf(section: Section, homes: ReadonlyMap<string, Section>, grouped: ReadonlyMap<Section, string>): Form {
  const own = givenBy(section.statements).map(({ name }) => name);
  const reads: Section[] = [];
  const takes: Value[] = [];
  const lines = printStatements(section.statements, (value) => {
    const place = own.indexOf(value.name);
    if (place >= 0) return `own${place}`;
    const suffix = layerSuffix(value, section.layer);
    if (suffix !== undefined) return `tensors[layer${suffix}]`;
    const home = homes.get(value.name);
    if (home !== undefined && home.layer === section.layer && grouped.has(home)) {
      const member = givenBy(home.statements).findIndex(({ name }) => name === value.name);
      return `read${placeIn(reads, home)}.${member} of ${grouped.get(home) ?? ""}`;
    }
    const known = takes.findIndex(({ name }) => name === value.name);
    return `taken${known >= 0 ? known : takes.push(value) - 1}${value.form}`;
  });
  const inPlace = printStatements(section.statements, ({ name }) => name);
  const inside = printStatements(section.statements, (value) =>
    layerSuffix(value, section.layer) === undefined ? value.ownName : `tensors["${value.external ?? ""}"]`,
  );
  return {
    section,
    text: [section.phase, ...lines].join("\n"),
    lines: inPlace.length + 2,
    linesInside: inside.length + 6,
    reads,
    takes,
  };
}

function placeIn(reads: Section[], home: Section): number {
  const known = reads.indexOf(home);
  return known >= 0 ? known : reads.push(home) - 1;
}

/** `.weight_ih_l0` of `encoder.weight_ih_l0`: an argument of the layer itself. */
export function layerSuffix({ external }: Value, layer: string): string | undefined {
  if (external === undefined || layer === "" || !external.startsWith(layer)) return undefined;
  const suffix = external.slice(layer.length);
  return /^[.:]/u.test(suffix) ? suffix : undefined;
}

function isWorthIt(forms: readonly Form[]): boolean {
  const [first] = forms;
  if (first === undefined) return false;
  const calls = forms.map(({ takes }) => Math.ceil((lineWidth / 2 + takes.length * 24) / lineWidth));
  const written = first.linesInside + calls.reduce((total, one) => total + one, 0);
  return forms.length * first.lines - written >= leastGain;
}

function groupOf(sites: readonly [Site, ...Site[]], read: ReadonlyMap<Section, ReadonlySet<string>>): Group {
  const given = sites.flatMap(({ section }) =>
    givenBy(section.statements).flatMap(({ name }, place) => (read.get(section)?.has(name) === true ? [place] : [])),
  );
  return { sites, gives: [...new Set(given)].sort((a, b) => a - b) };
}

/** Names that are read outside of the section that gives them. */
function readOutside(bodies: readonly Body[]): ReadonlyMap<Section, ReadonlySet<string>> {
  const outside = new Map<Section, Set<string>>();
  for (const body of bodies) {
    const homes = homesIn(body);
    const note = (value: Value, reader: Section | undefined): void => {
      const home = homes.get(value.name);
      if (home === undefined || home === reader) return;
      outside.set(home, (outside.get(home) ?? new Set()).add(value.name));
    };
    for (const section of body.sections) for (const value of readIn(section.statements)) note(value, section);
    for (const { value } of body.results) note(value, undefined);
  }
  return outside;
}
