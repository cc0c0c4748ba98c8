/** Stage 6: the passes, in order, each followed by the verifier. */
import type { ProgramGraphs } from "../contracts/programs.ts";
import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ops/verify.ts";
import { passes } from "../passes/index.ts";
import { mapPrograms } from "../support/map-programs.ts";

export function optimise(graphs: ProgramGraphs): ProgramGraphs {
  return mapPrograms(graphs, optimiseGraph);
}

export function optimiseGraph(graph: Graph): Graph {
  verifyGraph(graph, "differentiate");
  return passes.reduce((current, pass) => {
    const next = pass.run(current);
    verifyGraph(next, pass.name);
    return next;
  }, graph);
}
