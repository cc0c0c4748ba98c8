/** Who is called what: inputs, layers and their dotted outputs, and the order in which layers may read one another. */
import type { LayerShape, ModelInput } from "../../contracts.ts";
import { inputShape } from "../../data/input-shape.ts";
import { pointerTo } from "../../support/pointer.ts";
import { countOf, quote } from "../../support/words.ts";
import type { ResolveContext } from "./context.ts";

export interface NamedLayer {
  readonly name: string;
  readonly kind: string;
  readonly index: number;
  readonly pointer: string;
}

/** `encoder.final_state` is the output `final_state` of the owner `encoder`. */
export interface Reference {
  readonly text: string;
  readonly owner: ModelInput | NamedLayer;
  readonly output: string | undefined;
}

/** What a reader looks for, in words and as the names it may use; for the message when it is not there. */
export interface Wanted {
  readonly what: string;
  readonly known: readonly string[];
}

/** The shapes of a layer once it is planned. */
export interface PlannedShapes {
  readonly output: LayerShape;
  readonly extras: Readonly<Record<string, LayerShape>>;
}

export function isLayer(owner: ModelInput | NamedLayer): owner is NamedLayer {
  return "kind" in owner;
}

export class Names {
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly NamedLayer[];
  readonly #context: ResolveContext;
  readonly #owners = new Map<string, ModelInput | NamedLayer>();
  readonly #planned = new Map<string, PlannedShapes>();

  constructor(context: ResolveContext, inputs: readonly ModelInput[]) {
    this.#context = context;
    this.inputs = inputs;
    for (const input of inputs) this.#owners.set(input.name, input);
    this.layers = context.spec.layers.map((layer, index) => {
      const name = layer.name ?? `${layer.kind}_${index + 1}`;
      return { name, kind: layer.kind, index, pointer: pointerTo("/layers", index) };
    });
    for (const layer of this.layers) this.#register(layer);
  }

  #register(layer: NamedLayer): void {
    const { spec, report } = this.#context;
    const other = this.#owners.get(layer.name);
    if (!other) {
      this.#owners.set(layer.name, layer);
      return;
    }
    const isNamed = spec.layers[layer.index]?.name !== undefined;
    const what = isLayer(other) ? `the ${other.kind} layer above` : "an input";
    const first = isLayer(other) ? `${other.pointer}/name` : other.pointer;
    const notes = [{ message: `${quote(layer.name)} is named here first.`, pointer: first }];
    report(
      "duplicate-name",
      { name: layer.name, what },
      { pointer: `${layer.pointer}/${isNamed ? "name" : "kind"}`, notes },
    );
  }

  /** What a text refers to; undefined and reported when there is nothing of that name. */
  find(text: string, pointer: string, wanted: Wanted): Reference | undefined {
    const dot = text.indexOf(".");
    const base = dot === -1 ? text : text.slice(0, dot);
    const owner = this.#owners.get(base);
    if (owner && (isLayer(owner) || dot === -1)) {
      return { text, owner, output: dot === -1 ? undefined : text.slice(dot + 1) };
    }
    const known = Array.from(new Set(wanted.known));
    return this.#context.report("unknown-name", { name: text, what: wanted.what, known }, { pointer });
  }

  /** Whether an input or a layer above has taken the name already. */
  isDuplicate(layer: NamedLayer): boolean {
    return this.#owners.get(layer.name) !== layer;
  }

  /** The same as `find` without a report. */
  peek(text: string): ModelInput | NamedLayer | undefined {
    return this.#owners.get(text.split(".", 1)[0] ?? "");
  }

  /** A layer whose shapes are never set has failed: what reads it stays silent. */
  setShapes(layer: NamedLayer, shapes: PlannedShapes): void {
    this.#planned.set(layer.name, shapes);
  }

  /** Undefined when the owner has failed, or when it has no such output; only the latter is reported. */
  shapeOf(reference: Reference, pointer: string): LayerShape | undefined {
    const { owner, output } = reference;
    if (!isLayer(owner)) return inputShape(owner);
    const planned = this.#planned.get(owner.name);
    if (!planned || output === undefined) return planned?.output;
    if (Object.hasOwn(planned.extras, output)) return planned.extras[output];
    const facts = { layer: owner.name, kind: owner.kind, output, known: Object.keys(planned.extras) };
    return this.#context.report("unknown-output", facts, { pointer });
  }

  /** Where a reader is told that an operand comes from. */
  originOf(reference: Reference): string {
    return isLayer(reference.owner) ? `${reference.owner.pointer}/kind` : reference.owner.pointer;
  }
}

/** `1 input`, `2 to 16 inputs`. */
export function inputCountText({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? countOf(min, "input") : `${min} to ${max} inputs`;
}
