/** `residual: {layers: [...]}` is short for `{kind: residual, layers: [...]}`: both are one thing to all that follows. */
import type { Document } from "../../contracts.ts";
import { groups } from "../../layers/groups.ts";
import { isRecord } from "../../support/plain.ts";
import type { PlainRecord } from "../../support/plain.ts";
import { pointerSegments, pointerTo } from "../../support/pointer.ts";

/** The document with every group written out; places are those of what is really written. */
export function withGroupsWrittenOut(document: Document): Document {
  const { value } = document;
  if (!isRecord(value) || !Array.isArray(value["layers"])) return document;
  const shorts = new Map<string, Short>();
  const layers = writtenOut(value["layers"], "/layers", shorts);
  if (shorts.size === 0) return document;
  return {
    ...document,
    value: { ...value, layers },
    locate: (pointer, part) => {
      const { written, isKind } = translated(pointer, shorts);
      return document.locate(written, isKind ? "key" : part);
    },
  };
}

/** A group in short form: the key that says its kind, and the keys inside. */
interface Short {
  readonly kind: string;
  readonly own: PlainRecord;
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
  const kind = groups.find((group) => isRecord(item[group.kind]))?.kind;
  const own = kind === undefined ? undefined : item[kind];
  if (kind === undefined || !isRecord(own)) return undefined;
  shorts.set(place, { kind, own });
  const beside = Object.fromEntries(Object.entries(item).filter(([key]) => key !== kind));
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
