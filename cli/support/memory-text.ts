/** The planned memory of the wasm target as people read it: sums, a table of tensors, and a map of addresses and time. */
import {
  MEMORY_KINDS,
  type MemoryKind,
  type MemoryTensor,
  type ModuleMemory,
  type ProgramMemory,
} from "../../compiler/targets/wasm/memory-report.ts";
import { groupedText, scaledText, SCREEN_WIDTH, table, wrapped } from "./table.ts";

const WORDS: Readonly<Record<MemoryKind, string>> = {
  parameter: "parameters",
  state: "optimizer state",
  input: "inputs",
  intermediate: "activations, gradients",
  packed: "packed factors",
};

export function memoryText({ programs, planned, threadBytes, needed }: ModuleMemory): string {
  return [
    `memory of the wasm target: ${scaledText(planned, "B")}, and ${scaledText(threadBytes, "B")} for each further thread`,
    ...chunksOf(Object.entries(programs), PROGRAMS_BESIDE).map(programTable),
    wrapped(
      `  All programs share one memory; with the workspace of a thread (${scaledText(threadBytes, "B")}) it is ` +
        `${(planned / needed).toFixed(2)} times what is needed at the least: parameters, optimizer state and the ` +
        "largest set of other tensors, packed copies left out, that are alive at one time.",
      { indent: "  " },
    ),
  ].join("\n\n");
}

/** As many as fit beside each other. */
const PROGRAMS_BESIDE = 5;

function chunksOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  const even = Math.ceil(items.length / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => items.slice(index * even, (index + 1) * even));
}

function programTable(programs: readonly (readonly [string, ProgramMemory])[]): string {
  const row = (title: string, cell: (memory: ProgramMemory) => string): readonly string[] => [
    title,
    ...programs.map(([, memory]) => cell(memory)),
  ];
  const bytes = (value: number): string => (value === 0 ? "-" : scaledText(value, "B"));
  return table(
    [
      ["at its fullest", ...programs.map(([name]) => name)],
      ...MEMORY_KINDS.map((kind) => row(WORDS[kind], ({ parts }) => bytes(parts[kind]))),
      row("between tensors", ({ unused }) => bytes(unused)),
      row("in all", (memory) => bytes(memory.planned)),
      row("needed at the least", (memory) => bytes(memory.needed)),
      row("in all / needed", (memory) => (memory.planned / memory.needed).toFixed(2)),
    ],
    { right: programs.map((_, column) => column + 1) },
  );
}

/** Every tensor of a program: where, how large, from which item to which. */
export function tensorTable({ tensors, items }: ProgramMemory): string {
  const moment = (position: number): string => (position < 0 ? "start" : position >= items ? "end" : String(position));
  return table(
    [
      ["offset", "bytes", "from", "to", "", "tensor"],
      ...tensors.map(({ name, kind, shape, offset, bytes, first, last }) => [
        groupedText(offset),
        groupedText(bytes),
        moment(first),
        moment(last),
        LETTERS[kind],
        `${name} [${shape.join(",")}]`,
      ]),
    ],
    { right: [0, 1, 2, 3], indent: "", width: SCREEN_WIDTH },
  );
}

const LETTERS: Readonly<Record<MemoryKind, string>> = {
  parameter: "P",
  state: "S",
  input: "I",
  intermediate: "#",
  packed: "+",
};

const MAP_ROWS = 24;
const MAP_COLUMNS = 64;

/** Addresses downwards, time to the right; a cell shows what takes most of it. */
export function memoryMap(memory: ProgramMemory): string {
  const { planned, items } = memory;
  const columns = Math.min(MAP_COLUMNS, items + 1);
  const bytesPerRow = planned / MAP_ROWS;
  const rows = Array.from({ length: MAP_ROWS }, (_, row) => {
    const cells = Array.from({ length: columns }, (_unused, column) => {
      const from = Math.floor((column * (items + 1)) / columns);
      const to = Math.floor(((column + 1) * (items + 1)) / columns);
      return letterOf(memory.tensors, {
        bytes: [row * bytesPerRow, (row + 1) * bytesPerRow],
        items: [from, Math.max(to, from + 1)],
      });
    });
    return `${scaledText(Math.round(row * bytesPerRow), "B").padStart(9)} |${cells.join("")}`;
  });
  const legend = MEMORY_KINDS.map((kind) => `${LETTERS[kind]} ${kind === "state" ? "state" : WORDS[kind]}`);
  const last = `item ${String(items)}`;
  return [
    ...rows,
    `${" ".repeat(10)}+${"-".repeat(columns)}`,
    `${" ".repeat(11)}0${last.padStart(Math.max(0, columns - 1))}`,
    wrapped(legend.join("  ")),
  ].join("\n");
}

type Range = readonly [number, number];

function letterOf(tensors: readonly MemoryTensor[], cell: { readonly bytes: Range; readonly items: Range }): string {
  const area = new Map<MemoryKind, number>();
  for (const { kind, offset, bytes, first, last } of tensors) {
    const high = overlap([offset, offset + bytes], cell.bytes);
    const wide = overlap([first, last + 1], cell.items);
    if (high > 0 && wide > 0) area.set(kind, (area.get(kind) ?? 0) + high * wide);
  }
  // A cell that is mostly empty is shown as empty.
  const used = [...area.values()].reduce((sum, value) => sum + value, 0);
  const whole = (cell.bytes[1] - cell.bytes[0]) * (cell.items[1] - cell.items[0]);
  if (used < whole / 4) return " ";
  const [most] = [...area].sort(([, left], [, right]) => right - left);
  return most === undefined ? " " : LETTERS[most[0]];
}

function overlap([start, end]: Range, [from, to]: Range): number {
  return Math.max(0, Math.min(end, to) - Math.max(start, from));
}
