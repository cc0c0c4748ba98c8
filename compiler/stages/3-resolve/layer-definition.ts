/** The one place that knows every layer kind: those of the table, those that end groups, and the cells of the spec. */
import type { ResolvedLayer } from "../../contracts/model.ts";
import type { SizeProblem } from "../../cells/layer.ts";
import { cellLayer } from "../../cells/layer.ts";
import type { LayerDefinition } from "../../layers/index.ts";
import { allLayers } from "../../layers/index.ts";
import { InternalError } from "../../support/internal-error.ts";

/** @param report what a shape rule finds wrong with the sizes of a cell; not needed behind stage 3 */
export function layerDefinition(
  { kind, cell }: Pick<ResolvedLayer, "kind" | "cell">,
  report?: (problem: SizeProblem) => void,
): LayerDefinition {
  if (cell) return cellLayer(cell, report ?? (() => undefined));
  const definition = allLayers.find((layer) => layer.kind === kind);
  if (definition === undefined) throw new InternalError(`no layer kind ${kind}`);
  return definition;
}
