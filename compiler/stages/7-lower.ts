/** Stage 7: a graph to a program: buffers, kernels, and a schedule in which time is still a loop. */
import type { ProgramGraphs, Programs } from "../contracts.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { isScan } from "../ir/graph.ts";
import { nameIndex } from "../ir/index-expression.ts";
import type { Buffer, IndexExpression, Program, RunStep, Step } from "../ir/program.ts";
import { verifyProgram } from "../ir/verify-program.ts";
import { AxisLetters } from "./7-lower/axis-letters.ts";
import { Buffers } from "./7-lower/buffers.ts";
import type { KernelSetting } from "./7-lower/kernels.ts";
import { KernelTable, TooManyParameters } from "./7-lower/kernels.ts";
import { camelCase } from "./7-lower/naming.ts";
import { findRegions, Placement } from "./7-lower/placement.ts";

export function lower(graphs: ProgramGraphs): Programs<Program> {
  return Object.fromEntries(
    (Object.entries(graphs) as [string, Graph][]).map(([name, graph]) => [name, lowerGraph(graph)]),
  ) as unknown as Programs<Program>;
}

export function lowerGraph(graph: Graph): Program {
  // A kernel that reads more tensors than a GPU stage may is cut by storing one value in its middle; then all again.
  const forced = new Set<Node>();
  for (;;) {
    try {
      const program = attempt(graph, forced);
      verifyProgram(program);
      return program;
    } catch (error) {
      if (!(error instanceof TooManyParameters) || forced.has(error.node)) throw error;
      forced.add(error.node);
    }
  }
}

function attempt(graph: Graph, forced: ReadonlySet<Node>): Program {
  const regions = findRegions(graph);
  const placement = new Placement(graph, regions, forced);
  const time: IndexExpression = nameIndex("t");
  const buffers = new Buffers(graph, regions, placement, time);
  const kernels = new KernelTable();
  const outside: KernelSetting = { regions, placement, buffers, axes: new AxisLetters(regions), time, variables: [] };

  const runNode = (node: Node, setting: KernelSetting): RunStep => {
    const location = buffers.location(node);
    const buffer = location?.buffer as Buffer;
    if (location?.step === undefined) return kernels.run(node, { buffer }, setting);
    const index = location.step;
    const offset = index.kind === "add" && index.right.kind === "constant" ? index.right.value : 0;
    return kernels.run(node, { buffer, slot: { variable: "t", scale: 1, offset } }, setting);
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
      return kernels.run(scan.inputs[index] as Node, output, outside);
    });
    const inside: KernelSetting = { ...outside, variables: ["t"] };
    const region = regions.bodies.get(scan);
    const body = (region?.nodes ?? [])
      .filter((node) => node.op !== "placeholder" && placement.isStored(node))
      .map((node) => runNode(node, inside));
    // A carried value that is no work of this step (a slice, an older carry) is copied into its history.
    nextCarries.forEach((next, index) => {
      const history = histories[index];
      if (history === undefined || (buffers.location(next)?.buffer === history.buffer && placement.isStored(next)))
        return;
      const slot = { variable: "t", scale: 1, offset: history.after } as const;
      body.push(kernels.run(next, { buffer: history.buffer, slot }, inside));
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
    else if (node.op !== "argument" && placement.isStored(node)) schedule.push(runNode(node, outside));
  }
  const results = graph.outputs.map(({ name, node }) => {
    const location = buffers.location(node);
    const own = placement.isStored(node) && location?.step === undefined && location?.shift === undefined;
    if (own && location?.buffer.role === "intermediate") return { name, buffer: location.buffer };
    const buffer = buffers.create(camelCase(name, "result"), node.shape, "whole", node);
    schedule.push(kernels.run(node, { buffer }, outside));
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
