/**
 * The update of every parameter is the same few kernels: groups of steps that differ in the parameter, its shape and what they
 * read of its gradient are one loop over a table.
 */
import type { Buffer, Program, RunStep, Step } from "../../ir/program.ts";
import { sameShape } from "../../ops/support.ts";
import { slotParts } from "@specloom/runtime/internal/shared/names";

/** What a step of a group reads or gives, seen from the parameter that the group is for. */
type Place =
  /** The parameter as it was, or a slot of it: `tensors[name]`, `tensors[name + "#exp_avg"]`. */
  | { readonly kind: "own"; readonly suffix: string }
  /** What a step before it in the group gave. */
  | { readonly kind: "local"; readonly step: number }
  /** A column of the table. */
  | { readonly kind: "column"; readonly index: number }
  /** The same for all groups. */
  | { readonly kind: "shared"; readonly buffer: Buffer };

export interface LoopStep {
  readonly kernel: string;
  /** `undefined`: that of the parameter. */
  readonly shape: readonly number[] | undefined;
  readonly inputs: readonly Place[];
  /** End of the result's name behind the parameter's; undefined of what only later steps read. */
  readonly gives: string | undefined;
  readonly note: string;
}

export interface UpdateLoop {
  readonly steps: readonly LoopStep[];
  readonly rows: readonly UpdateRow[];
}

export interface UpdateRow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly columns: readonly Buffer[];
}

export interface UpdateLoops {
  /** Steps before the update. */
  readonly before: readonly Step[];
  readonly loops: readonly UpdateLoop[];
  /** Names of the results that the loops give. */
  readonly results: ReadonlySet<string>;
}

interface Group {
  readonly name: string;
  readonly steps: RunStep[];
}

/** Undefined where there are no equal groups, or a group reads what another gives. */
export function updateLoops(program: Program, kernelName: (step: RunStep) => string): UpdateLoops | undefined {
  const { schedule, results } = program;
  const first = schedule.findIndex((step) => step.kind === "run" && step.output.buffer.origin.phase === "update");
  if (first < 0) return undefined;
  const steps = schedule.slice(first);
  if (!steps.every((step): step is RunStep => isUpdate(step))) return undefined;
  const named = new Map(results.map(({ name, buffer }) => [buffer, name]));
  if (
    named.size !== results.length &&
    results.some(({ name, buffer }) => named.get(buffer) !== name && isOwned(name))
  ) {
    return undefined;
  }
  const common = commonSteps(steps, named);
  const groups = groupsOf(
    steps.filter((step) => !common.has(step)),
    named,
  );
  const owners = new Map(groups.flatMap((group) => group.steps.map((step) => [step.output.buffer, group] as const)));
  const loops = new Map<string, { readonly steps: readonly LoopStep[]; readonly rows: UpdateRow[] }>();
  for (const group of groups) {
    const written = writtenGroup(group, { named, owners, kernelName });
    if (written === undefined) return undefined;
    const key = JSON.stringify(written.steps, (_, value: unknown) => (isBuffer(value) ? value.name : value));
    const loop = loops.get(key) ?? { steps: written.steps, rows: [] };
    loop.rows.push(written.row);
    loops.set(key, loop);
  }
  if ([...common].some((step) => step.inputs.some(({ buffer }) => owners.has(buffer)))) return undefined;
  const all = [...loops.values()];
  if (all.every(({ rows }) => rows.length === 1)) return undefined;
  const given = steps.flatMap(({ output }) => named.get(output.buffer) ?? []);
  return { before: [...schedule.slice(0, first), ...common], loops: all, results: new Set(given) };
}

function isUpdate(step: Step): boolean {
  if (step.kind !== "run" || step.variables.length > 0 || step.output.slot !== undefined) return false;
  return step.output.buffer.origin.phase === "update" && step.inputs.every(({ slot }) => slot === undefined);
}

/** `encoder.weight`, `encoder.weight#exp_avg`. */
function isOwned(name: string): boolean {
  return slotParts(name) !== undefined;
}

function ownerOf(name: string): string {
  return slotParts(name)?.owner ?? name;
}

function isBuffer(value: unknown): value is Buffer {
  return typeof value === "object" && value !== null && "storage" in value;
}

/** Steps that give no result and that the groups of several parameters read: two parameters may have the same gradient. */
function commonSteps(steps: readonly RunStep[], named: ReadonlyMap<Buffer, string>): ReadonlySet<RunStep> {
  const owners = new Map(groupsOf(steps, named).flatMap((group) => group.steps.map((step) => [step, group] as const)));
  const common = new Set<RunStep>();
  // From the last on: what a common step reads is common too.
  for (const step of steps.toReversed()) {
    if (named.has(step.output.buffer)) continue;
    const readers = steps.filter(({ inputs }) => inputs.some(({ buffer }) => buffer === step.output.buffer));
    const groups = new Set(readers.map((reader) => owners.get(reader)));
    if (groups.size > 1 || readers.some((reader) => common.has(reader))) common.add(step);
  }
  return new Set(steps.filter((step) => common.has(step)));
}

/** A step that gives no result belongs to the next one that does. */
function groupsOf(steps: readonly RunStep[], named: ReadonlyMap<Buffer, string>): readonly Group[] {
  const groups = new Map<string, Group>();
  let open: RunStep[] = [];
  for (const step of steps) {
    open.push(step);
    const name = named.get(step.output.buffer);
    if (name === undefined) continue;
    const owner = ownerOf(name);
    const group = groups.get(owner) ?? { name: owner, steps: [] };
    group.steps.push(...open);
    groups.set(owner, group);
    open = [];
  }
  return [...groups.values()];
}

interface Setting {
  readonly named: ReadonlyMap<Buffer, string>;
  readonly owners: ReadonlyMap<Buffer, Group>;
  readonly kernelName: (step: RunStep) => string;
}

function writtenGroup(
  group: Group,
  { named, owners, kernelName }: Setting,
): { readonly steps: readonly LoopStep[]; readonly row: UpdateRow } | undefined {
  const last = group.steps.find(({ output }) => named.get(output.buffer) === group.name);
  if (last === undefined) return undefined;
  const { shape } = last.output.buffer;
  const columns: Buffer[] = [];
  const locals = new Map<Buffer, number>();
  const steps: LoopStep[] = [];
  for (const step of group.steps) {
    const inputs: Place[] = [];
    for (const { buffer } of step.inputs) {
      const place = placeOf(buffer, { group, locals, columns, owners });
      if (place === undefined) return undefined;
      inputs.push(place);
    }
    const name = named.get(step.output.buffer);
    const own = step.output.buffer.shape;
    steps.push({
      kernel: kernelName(step),
      shape: sameShape(own, shape) ? undefined : own,
      inputs,
      gives: name?.slice(group.name.length),
      note: step.output.buffer.origin.note,
    });
    locals.set(step.output.buffer, steps.length - 1);
  }
  return { steps, row: { name: group.name, shape, columns } };
}

interface Reading {
  readonly group: Group;
  readonly locals: ReadonlyMap<Buffer, number>;
  readonly columns: Buffer[];
  readonly owners: ReadonlyMap<Buffer, Group>;
}

function placeOf(buffer: Buffer, { group, locals, columns, owners }: Reading): Place | undefined {
  const step = locals.get(buffer);
  if (step !== undefined) return { kind: "local", step };
  if (owners.has(buffer)) return undefined;
  const { external, role } = buffer;
  if (external !== undefined && ownerOf(external) === group.name) {
    return { kind: "own", suffix: external.slice(group.name.length) };
  }
  // Scalars, and what has one number for all parameters, such as the factor of clipping.
  if (role === "scalar" || buffer.shape.length === 0) return { kind: "shared", buffer };
  const known = columns.indexOf(buffer);
  if (known >= 0) return { kind: "column", index: known };
  columns.push(buffer);
  return { kind: "column", index: columns.length - 1 };
}
