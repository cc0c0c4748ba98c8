/** Stage 2: a document to a spec whose keys and values are those of the schema. */
import { Ajv } from "ajv";
import type { Document } from "../contracts/document.ts";
import type { Spec } from "../contracts/spec.ts";
import type { DiagnosticBag } from "../diagnostics/diagnostic.ts";
import { reportFor } from "../diagnostics/report.ts";
import type { Report } from "../diagnostics/report.ts";
import { specSchema } from "../schema/assemble.ts";
import { cellKindsOf } from "../schema/cells.ts";
import { isReservedName, specNamePattern, specNameRule } from "../schema/names.ts";
import { isRecord } from "../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { pointerTo } from "../support/pointer.ts";
import { takenKinds } from "./2-validate/taken-kinds.ts";
import { ajvOptions, cellLayersApart } from "./2-validate/cell-layers.ts";
import { chooseErrors } from "./2-validate/choose-errors.ts";
import { repair } from "./2-validate/repair.ts";
import { explainError } from "./2-validate/explain.ts";

const satisfiesSchema = new Ajv(ajvOptions).compile(specSchema());

/**
 * @returns undefined when the document is no spec at all. A spec with errors comes back without its wrong parts, so that
 * stage 3 finds further mistakes; it is never made a model, because there are diagnostics.
 */
export function validate(document: Document, diagnostics: DiagnosticBag): Spec | undefined {
  const before = diagnostics.count;
  const report = reportFor(document, diagnostics);
  const { value } = document;
  const kinds = isRecord(value) ? cellKindsOf(value["cells"], takenKinds) : [];
  const apart = cellLayersApart(value, kinds);
  const errors = [...(satisfiesSchema(apart.rest) ? [] : (satisfiesSchema.errors ?? [])), ...apart.errors];
  for (const error of chooseErrors(errors))
    explainError(
      error,
      report,
      kinds.map(({ kind }) => kind),
    );
  if (isRecord(value)) {
    checkName(document, value["name"], diagnostics);
    checkReservedNames(value, report);
  }
  if (errors.length > 0) return repair(value, errors, document.stem);
  if (diagnostics.count > before) return { ...(value as Spec), name: document.stem, broken: new Set() };
  return { ...(value as Omit<Spec, "name">), name: document.stem };
}

/** A spec is named as its file: one name for the spec, the generated module and the runs. */
function checkName(document: Document, name: unknown, diagnostics: DiagnosticBag): void {
  const { stem, file } = document;
  if (!new RegExp(specNamePattern).test(stem)) {
    diagnostics.report("invalid-name", { name: stem, what: "the name of a spec file", rule: specNameRule }, { file });
  } else if (typeof name === "string" && name !== stem) {
    reportFor(document, diagnostics)("name-is-not-file-name", { name, stem }, { pointer: "/name" });
  }
}

function checkReservedNames(value: Readonly<Record<string, unknown>>, report: Report): void {
  const checkLayers = (layers: unknown, pointer: string): void => {
    if (!Array.isArray(layers)) return;
    layers.forEach((layer: unknown, index) => {
      if (!isRecord(layer)) return;
      const { name } = layer;
      if (typeof name === "string" && isReservedName(name)) {
        report("reserved-name", { name, what: "the name of a layer" }, { pointer: pointerTo(pointer, index, "name") });
      }
      checkLayers(layer["layers"], pointerTo(pointer, index, "layers"));
    });
  };
  checkLayers(value["layers"], "/layers");
  for (const section of ["inputs", "sizes"]) {
    const named = memberOf(value, section);
    for (const name of Object.keys(isRecord(named) ? named : {}).filter(isReservedName)) {
      const what = section === "inputs" ? "the name of an input" : "the name of a size";
      report("reserved-name", { name, what }, { pointer: pointerTo(`/${section}`, name), part: "key" });
    }
  }
}
