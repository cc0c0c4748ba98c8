/** The ordered list of passes over a graph, each with its reason. Every pass is verified. */
import type { Graph } from "../ir/graph.ts";
import { hoist } from "./hoist.ts";
import { joinScans } from "./join-scans.ts";
import { simplify } from "./simplify.ts";

export interface Pass {
  readonly name: string;
  readonly reason: string;
  readonly run: (graph: Graph) => Graph;
}

export const passes: readonly Pass[] = [
  {
    name: "join scans",
    reason: "differentiation makes a scan for each value that it saves of one body",
    run: joinScans,
  },
  { name: "simplify", reason: "algebra on what gradients are made of; what nobody reads disappears", run: simplify },
  { name: "hoist", reason: "turns per-step work that carries nothing into one operation over all steps", run: hoist },
  { name: "simplify again", reason: "sums over time of hoisted products become one product", run: simplify },
  { name: "simplify at last", reason: "what the joined sums leave unread disappears", run: simplify },
];
