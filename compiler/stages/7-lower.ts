/** Stage 7: a graph to a program: buffers, kernels, and a schedule in which time is still a loop. */
import type { CompiledPrograms, ProgramGraphs } from "../contracts/programs.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { isScan } from "../ir/graph.ts";
import { nameIndex } from "../ir/index-expression.ts";
import type { Access, Buffer, IndexExpression, Program, RunStep, Step, TargetLimits } from "../ir/program.ts";
import { verifyProgram } from "../ir/verify-program.ts";
import { mapPrograms } from "../support/map-programs.ts";
import { AxisLetters } from "./7-lower/axis-letters.ts";
import { Buffers } from "./7-lower/buffers.ts";
import type { KernelSetting } from "./7-lower/kernels.ts";
import { KernelTable, TooManyParameters } from "./7-lower/kernels.ts";
import { narrowConcats } from "./7-lower/narrow-concats.ts";
import { camelCase } from "./7-lower/naming.ts";
import { findRegions, Placement, Readings } from "./7-lower/placement.ts";
import { ValueNames } from "./7-lower/value-names.ts";

/** @param limits of all targets that are to print the programs */
export function lower(graphs: ProgramGraphs, limits: TargetLimits): CompiledPrograms<Program> {
  return mapPrograms(graphs, (graph) => lowerGraph(graph, limits));
}

export function lowerGraph(given: Graph, limits: TargetLimits): Program {
  const graph = narrowConcats(given, limits.kernelTensors);
  const regions = findRegions(graph);
  const readings = new Readings(regions);
  const values = new ValueNames(regions);
  // A kernel that reads more tensors than a target may is cut by storing one value in its middle; then all again.
  const cuts = new Set<Node>();
  for (;;) {
    const before = cuts.size;
    const program = attempt(graph, { readings, values, cuts, limits });
    if (cuts.size > before) continue;
    verifyProgram(program);
    return program;
  }
}

interface Setting {
  readonly readings: Readings;
  readonly values: ValueNames;
  /** Values to store, whatever the rules say; when there are more of them afterwards the program is none. */
  readonly cuts: Set<Node>;
  readonly limits: TargetLimits;
}

function attempt(graph: Graph, { readings, values, cuts, limits }: Setting): Program {
  const { regions } = readings;
  const time: IndexExpression = nameIndex("t");
  const placement = new Placement(graph, readings, cuts);
  const buffers = new Buffers(graph, regions, placement, values, time);
  const kernels = new KernelTable();
  const axes = new AxisLetters(regions);
  const outside: KernelSetting = { regions, placement, buffers, axes, values, time, variables: [], limits };

  const run = (node: Node, output: Access, variables: readonly string[] = []): RunStep => {
    for (;;) {
      try {
        return kernels.run(node, output, { ...outside, variables });
      } catch (error) {
        if (!(error instanceof TooManyParameters) || cuts.has(error.node)) throw error;
        // The rest of this kernel and the kernels to come are cut as well, before all is done again.
        cuts.add(error.node);
        placement.store(error.node);
        buffers.add(error.node);
      }
    }
  };

  const runNode = (node: Node, variables?: readonly string[]): RunStep => {
    const location = buffers.location(node);
    const buffer = location?.buffer as Buffer;
    if (location?.step === undefined) return run(node, { buffer }, variables);
    const index = location.step;
    const offset = index.kind === "add" && index.right.kind === "constant" ? index.right.value : 0;
    return run(node, { buffer, slot: { variable: "t", scale: 1, offset } }, variables);
  };

  const loop = (scan: Node<"scan">): Step[] => {
    const { carries, nextCarries, length, reverse } = scan.attributes;
    const histories = buffers.histories(scan);
    const initial = carries.map((_, index) => {
      const history = histories[index];
      const output = {
        buffer: history?.buffer as Buffer,
        slot: { scale: 1, offset: history?.initialSlot ?? 0 },
      } as const;
      return run(scan.inputs[index] as Node, output);
    });
    const body: Step[] = [];
    for (const node of regions.bodies.get(scan)?.nodes ?? []) {
      if (node.op !== "placeholder" && placement.isStored(node)) body.push(runNode(node, ["t"]));
    }
    // A carried value that is no work of this step (a slice, an older carry) is copied into its history.
    nextCarries.forEach((next, index) => {
      const history = histories[index];
      if (history === undefined) return;
      if (buffers.location(next)?.buffer === history.buffer && placement.isStored(next)) return;
      const slot = { variable: "t", scale: 1, offset: history.after } as const;
      body.push(run(next, { buffer: history.buffer, slot }, ["t"]));
    });
    const step: Step = {
      kind: "loop",
      variable: "t",
      start: reverse ? length - 1 : 0,
      end: reverse ? -1 : length,
      stride: reverse ? -1 : 1,
      body,
      origin: { ...scan.origin, note: reverse ? "backwards in time" : "over time" },
    };
    return [...initial, step];
  };

  const schedule: Step[] = [];
  for (const node of regions.outer.nodes) {
    if (isScan(node)) schedule.push(...loop(node));
    else if (node.op !== "argument" && placement.isStored(node)) schedule.push(runNode(node));
  }
  const results = graph.outputs.map(({ name, node }) => {
    const location = buffers.location(node);
    const own = placement.isStored(node) && location?.step === undefined && location?.shift === undefined;
    if (own && location?.buffer.role === "intermediate") return { name, buffer: location.buffer };
    const buffer = buffers.create(camelCase(name, "result"), node.shape, "whole", node);
    schedule.push(run(node, { buffer }));
    return { name, buffer };
  });
  return {
    name: graph.name,
    buffers: [...buffers.arguments, ...inOrderOfWriting(schedule)],
    kernels: kernels.all,
    schedule,
    results,
  };
}

function inOrderOfWriting(schedule: readonly Step[]): Buffer[] {
  const seen = new Set<Buffer>();
  const visit = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === "loop") visit(step.body);
      else seen.add(step.output.buffer);
    }
  };
  visit(schedule);
  return [...seen];
}
