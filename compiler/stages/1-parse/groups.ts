/** `residual: {layers: [...]}` is short for `{kind: residual, layers: [...]}`: both are one thing to all that follows. */
import type { Document } from "../../contracts/document.ts";
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import { groups } from "../../layers/groups.ts";
import { isRecord } from "../../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { PlainRecord } from "../../support/plain.ts";
import { pointerSegments, pointerTo } from "../../support/pointer.ts";

/** The document with every group written out; places are those of what is really written. Keys given twice are reported. */
export function withGroupsWrittenOut(document: Document, diagnostics: DiagnosticBag): Document {
  const { value } = document;
  if (!isRecord(value) || !Array.isArray(value["layers"])) return document;
  const shorts = new Map<string, Short>();
  const layers = writtenOut(value["layers"], "/layers", shorts);
  if (shorts.size === 0) return document;
  const locate: Document["locate"] = (pointer, part) => {
    const { written, isKind } = translated(pointer, shorts);
    return document.locate(written, isKind ? "key" : part);
  };
  for (const [pointer, { kind, own, beside }] of shorts) {
    for (const key of Object.keys(own).filter((one) => Object.hasOwn(beside, one))) {
      const where = `of one group, beside ${kind} and inside of it`;
      diagnostics.report("duplicate-key", { key, where }, { place: locate(pointerTo(pointer, key), "key") });
    }
  }
  return { ...document, value: { ...value, layers }, locate };
}

/** A group in short form: the key that says its kind, the keys inside and those beside it. */
interface Short {
  readonly kind: string;
  readonly own: PlainRecord;
  readonly beside: PlainRecord;
}

/** @param shorts gets the pointer of every group in short form */
function writtenOut(items: readonly unknown[], pointer: string, shorts: Map<string, Short>): readonly unknown[] {
  return items.map((item, position) => {
    const place = pointerTo(pointer, position);
    if (!isRecord(item)) return item;
    const whole = fromShort(item, place, shorts) ?? item;
    const inner = whole["layers"];
    return Array.isArray(inner) ? { ...whole, layers: writtenOut(inner, pointerTo(place, "layers"), shorts) } : whole;
  });
}

function fromShort(item: PlainRecord, place: string, shorts: Map<string, Short>): PlainRecord | undefined {
  if (item["kind"] !== undefined) return undefined;
  const kind = groups.find((group) => Object.hasOwn(item, group.kind))?.kind;
  if (kind === undefined) return undefined;
  // What is no mapping lacks the keys that a group needs, which is then what is reported.
  const given = memberOf(item, kind);
  const own = isRecord(given) ? given : {};
  const beside = Object.fromEntries(Object.entries(item).filter(([key]) => key !== kind));
  shorts.set(place, { kind, own, beside });
  return { kind, ...beside, ...own };
}

/** `/layers/2/layers/0` is written at `/layers/2/residual/layers/0`, and the kind is the key `residual`. */
function translated(
  pointer: string,
  shorts: ReadonlyMap<string, Short>,
): { readonly written: string; readonly isKind: boolean } {
  let plain = "";
  let written = "";
  let short: Short | undefined;
  let isKind = false;
  for (const segment of pointerSegments(pointer)) {
    isKind = short !== undefined && segment === "kind";
    if (short !== undefined && (isKind || Object.hasOwn(short.own, segment))) written = pointerTo(written, short.kind);
    if (!isKind) written = pointerTo(written, segment);
    plain = pointerTo(plain, segment);
    short = shorts.get(plain);
  }
  return { written, isKind };
}
