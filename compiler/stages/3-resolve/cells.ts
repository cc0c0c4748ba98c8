/** The spec's own cells, checked once each, whether or not a layer uses them. */
import type { Document } from "../../contracts/document.ts";
import type { Spec } from "../../contracts/spec.ts";
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { Cell } from "../../cells/define.ts";
import { dimensionText } from "../../cells/dimension.ts";
import { checkCell } from "../../cells/check.ts";
import type { WrittenCell } from "../../cells/check.ts";
import type { SizeProblem } from "../../cells/layer.ts";
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import { takenCellKeys } from "../../schema/cells.ts";
import { pointerTo } from "../../support/pointer.ts";
import { takenKinds } from "../2-validate/taken-kinds.ts";
import { isBroken, type Cells } from "./context.ts";
import { initializerFrom } from "./parameters.ts";

export function resolveCells(document: Document, spec: Spec, diagnostics: DiagnosticBag): Cells {
  return new Map(
    Object.entries(spec.cells ?? {}).map(([kind, written]) => {
      const pointer = pointerTo("/cells", kind);
      if (isBroken(spec, pointer)) return [kind, undefined];
      if (takenKinds.includes(kind)) {
        const place = document.locate(pointer, "key");
        diagnostics.report("cell-name-taken", { name: kind, what: "a cell", taken: "a layer kind already" }, { place });
        return [kind, undefined];
      }
      return [kind, checkOne(document, diagnostics, kind, written as WrittenCell)];
    }),
  );
}

function checkOne(
  document: Document,
  diagnostics: DiagnosticBag,
  kind: string,
  written: WrittenCell,
): Cell | undefined {
  const cellPointer = pointerTo("/cells", kind);
  return checkCell({
    kind,
    written,
    takenKeys: takenCellKeys,
    place: (pointer, part) => document.locate(cellPointer + pointer, part),
    report: (code, facts, { place, notes }) => {
      diagnostics.report(code, facts, notes.length === 0 ? { place } : { place, notes });
    },
    initializer: (init): ((shape: readonly number[]) => Initializer) => initializerFrom(init),
  });
}

/** Says at the kind of a layer which size of its cell does not come out, and shows where the cell asks for it. */
export function reportSize(
  document: Document,
  diagnostics: DiagnosticBag,
  layerPointer: string,
  kind: string,
  { layer, condition, found, sizes }: SizeProblem,
): void {
  const { size, least, meaning } = condition;
  const values = Object.entries(sizes)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
  const facts = { layer, meaning, size: dimensionText(size), found, least, values };
  const note = {
    message: `the cell ${kind} is defined here.`,
    place: document.locate(pointerTo("/cells", kind), "key"),
  };
  diagnostics.report("cell-size", facts, { place: document.locate(`${layerPointer}/kind`), notes: [note] });
}
