/** What is left of a spec with errors: enough for stage 3 to find the further mistakes that do not follow from the first. */
import type { ErrorObject } from "ajv";
import type { Spec } from "../../contracts/spec.ts";
import type { DataDefinition } from "../../data/index.ts";
import { dataKinds } from "../../data/index.ts";
import { isRecord } from "../../support/plain.ts";
import type { PlainRecord } from "../../support/plain.ts";
import { pointerSegments, pointerTo } from "../../support/pointer.ts";

/** Parts that stage 3 can do without. */
const dispensable = [
  "name",
  "specloom",
  "description",
  "metrics",
  "outputs",
  "decode",
  "optimizer",
  "schedule",
  "loss",
];

/**
 * Takes out unknown keys and wrong values and lists the parts that are no longer what the user meant.
 * @returns undefined when too little is left to go on with
 */
export function repair(value: unknown, errors: readonly ErrorObject[], name: string): Spec | undefined {
  if (!isRecord(value)) return undefined;
  const parts = structuredClone(value) as Record<string, unknown>;
  const broken = new Set<string>();
  for (const error of errors) {
    const pointer = placeOf(error);
    if (!takeOut(parts, pointer, broken, error.keyword === "additionalProperties")) return undefined;
  }
  if (!isRecord(parts["data"]) || !Array.isArray(parts["layers"])) return undefined;
  // Without losses nobody can tell the inputs of declared tensors from the targets.
  if (parts["loss"] === undefined && dataKind(parts["data"])?.impliesInputs !== true) broken.add("/inputs");
  const layers = parts["layers"].map((layer: unknown, index) =>
    broken.has(pointerTo("/layers", index)) ? stump(layer) : layer,
  );
  const placeholder = { kind: "" };
  const repaired = {
    ...parts,
    layers,
    name,
    loss: parts["loss"] ?? placeholder,
    optimizer: parts["optimizer"] ?? placeholder,
  };
  return { ...(repaired as unknown as Spec), broken };
}

function dataKind(data: unknown): DataDefinition | undefined {
  return dataKinds.find(({ kind }) => isRecord(data) && data["kind"] === kind);
}

/** A missing key stands for the part that is missing. */
function placeOf(error: ErrorObject): string {
  const { instancePath, keyword, params, propertyName } = error;
  if (propertyName !== undefined) return pointerTo(instancePath, propertyName);
  if (keyword === "propertyNames") return pointerTo(instancePath, String(params["propertyName"]));
  if (keyword === "additionalProperties") return pointerTo(instancePath, String(params["additionalProperty"]));
  const isTopLevel = keyword === "required" && instancePath === "";
  return isTopLevel ? pointerTo("", String(params["missingProperty"])) : instancePath;
}

/** @returns whether stage 3 can do without it */
function takeOut(parts: Record<string, unknown>, pointer: string, broken: Set<string>, isUnknownKey: boolean): boolean {
  const [section, item] = pointerSegments(pointer);
  if (section === undefined) return false;
  if (section === "layers" && item !== undefined) {
    broken.add(pointerTo("/layers", item));
    return true;
  }
  if (section === "cells") return takeOutCell(parts, item, broken);
  if (section === "inputs" || section === "sizes") return takeOutInput(parts, section, item, broken);
  if (section === "loss" && hasTargets(parts["loss"])) {
    broken.add("/loss");
    return true;
  }
  if (section === "train") {
    const { train } = parts;
    parts["train"] = isRecord(train) && item !== undefined ? without(train, item) : {};
    return true;
  }
  const isWhole = item === undefined;
  if (isUnknownKey && isWhole) {
    Reflect.deleteProperty(parts, section);
    return true;
  }
  if (isUnknownKey && section === "data" && isRecord(parts["data"]) && pointerSegments(pointer).length === 2) {
    parts["data"] = without(parts["data"], item ?? "");
    return true;
  }
  if (!dispensable.includes(section)) return false;
  Reflect.deleteProperty(parts, section);
  broken.add(pointerTo("", section));
  return true;
}

/** Of declared tensors the others are still known; what a series implies is not told apart from what is restated wrongly. */
function takeOutInput(
  parts: Record<string, unknown>,
  section: "inputs" | "sizes",
  name: string | undefined,
  broken: Set<string>,
): true {
  const { data, inputs } = parts;
  const isDeclared = dataKind(data)?.impliesInputs === false && isRecord(inputs);
  if (section === "inputs" && name !== undefined && isDeclared) {
    parts["inputs"] = { ...inputs, [name]: { shape: [] } };
    broken.add(pointerTo("/inputs", name));
  } else {
    broken.add("/inputs");
  }
  return true;
}

/** Whether a loss, or each of several, says its target, whatever else is wrong with it. */
function hasTargets(loss: unknown): boolean {
  const losses: readonly unknown[] = Array.isArray(loss) ? loss : [loss];
  return losses.every((one) => isRecord(one) && typeof one["target"] === "string");
}

/** @param name of the cell that is wrong; undefined: nobody knows which */
function takeOutCell(parts: Record<string, unknown>, name: string | undefined, broken: Set<string>): true {
  const names = isRecord(parts["cells"]) ? Object.keys(parts["cells"]) : undefined;
  if (names === undefined) Reflect.deleteProperty(parts, "cells");
  for (const cell of name === undefined ? (names ?? []) : [name]) broken.add(pointerTo("/cells", cell));
  return true;
}

/** Only the name of a broken layer is kept, so that those who read it find it. */
function stump(layer: unknown): PlainRecord {
  if (!isRecord(layer)) return { kind: "" };
  const kind = typeof layer["kind"] === "string" ? layer["kind"] : "";
  return typeof layer["name"] === "string" ? { kind, name: layer["name"] } : { kind };
}

function without(record: PlainRecord, key: string): PlainRecord {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
