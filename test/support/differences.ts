/** Central differences in float64: what a gradient must agree with. */
import type { Graph } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";

type Numbers = Readonly<Record<string, Float64Array>>;

/**
 * d(output)/d(argument) for every cell of one argument.
 * @param output name of a result of one cell
 * @param step half the distance of the two points; the truncation error grows with its square
 */
export function centralDifferences(
  graph: Graph,
  bindings: Numbers,
  argument: string,
  { output = "loss", step = 1e-5 }: { readonly output?: string; readonly step?: number } = {},
): Float64Array {
  const values = bindings[argument] as Float64Array;
  return values.map((value, cell) => {
    const at = (shifted: number): number => {
      const moved = values.slice();
      moved[cell] = shifted;
      return interpret(graph, { ...bindings, [argument]: moved })[output]?.data[0] as number;
    };
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}
