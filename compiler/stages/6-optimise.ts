/** Stage 6: the passes, in order, each followed by the verifier. */
import type { ProgramGraphs } from "../contracts/programs.ts";
import type { ProgramName } from "@specloom/runtime/internal/contract";
import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ops/verify.ts";
import { passes } from "../passes/index.ts";

export function optimise(graphs: ProgramGraphs): ProgramGraphs {
  return Object.fromEntries(
    (Object.entries(graphs) as [ProgramName, Graph][]).map(([name, graph]) => [name, optimiseGraph(graph)]),
  ) as unknown as ProgramGraphs;
}

export function optimiseGraph(graph: Graph): Graph {
  verifyGraph(graph, "differentiate");
  return passes.reduce((current, pass) => {
    const next = pass.run(current);
    verifyGraph(next, pass.name);
    return next;
  }, graph);
}
