/** Who is called what: inputs, layers and their dotted outputs, and the order in which layers may read one another. */
import type { LayerShape, ModelInput, ParameterFact } from "../../contracts/layer.ts";
import { inputShape } from "../../data/input-shape.ts";
import { suggestions } from "../../diagnostics/suggest.ts";
import { identifierPattern } from "../../schema/names.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { countOf, quote } from "../../support/words.ts";
import type { ResolveContext } from "./context.ts";
import { expandLayers, scopesFrom } from "./expand.ts";
import type { NamedLayer } from "./expand.ts";

export type { NamedLayer } from "./expand.ts";

/** `encoder.final_state` is the output `final_state` of the owner `encoder`. */
export interface Reference {
  /** As it is written. */
  readonly text: string;
  /** With the owner's whole name: inside a group texts may be shorter. */
  readonly full: string;
  readonly owner: ModelInput | NamedLayer;
  readonly output: string | undefined;
}

/** What a reader looks for, in words and as the names it may use; for the message when it is not there. */
export interface Wanted {
  readonly what: string;
  readonly known: () => readonly string[];
}

/** The shapes of a layer once it is planned. */
export interface PlannedShapes {
  readonly output: LayerShape;
  readonly extras: Readonly<Record<string, LayerShape>>;
  readonly parameters?: readonly ParameterFact[];
}

function isName(text: string): boolean {
  return new RegExp(identifierPattern).test(text);
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
  readonly #limits = new Map<string, number>();

  constructor(context: ResolveContext, inputs: readonly ModelInput[]) {
    this.#context = context;
    this.inputs = inputs;
    for (const input of inputs) this.#owners.set(input.name, input);
    this.layers = expandLayers(context.spec);
    for (const layer of this.layers) this.#register(layer);
  }

  #register(layer: NamedLayer): void {
    const { report } = this.#context;
    const other = this.#owners.get(layer.name);
    if (!other) {
      this.#owners.set(layer.name, layer);
      return;
    }
    // What a group repeats is told once.
    if (layer.original !== undefined) return;
    const what = isLayer(other) ? `the ${other.kind} layer above` : "an input";
    const first = isLayer(other) ? `${other.pointer}/name` : other.pointer;
    const notes = [{ message: `${quote(layer.name)} is named here first.`, pointer: first }];
    report(
      "duplicate-name",
      { name: layer.name, what },
      { pointer: `${layer.pointer}/${layer.isNamed ? "name" : "kind"}`, notes },
    );
  }

  /**
   * What a text refers to; undefined and reported when there is nothing of that name.
   * @param scope the group inside which it is looked up first
   */
  find(text: string, pointer: string, wanted: Wanted, scope = ""): Reference | undefined {
    const found = this.#lookUp(text, scope);
    if (found) return found;
    // An input whose name is no name was reported; who reads it by a better one is not wrong too.
    const misnamed = this.inputs
      .filter(({ name, unknown }) => unknown === true && !isName(name))
      .map(({ name }) => name);
    if (suggestions(text, misnamed).length > 0) return undefined;
    const known = Array.from(new Set(wanted.known())).filter((name) => !misnamed.includes(name));
    return this.#context.report("unknown-name", { name: text, what: wanted.what, known }, { pointer });
  }

  /** Names of layers have dots inside groups, and so have outputs: the longest name that is a layer's is the owner. */
  #lookUp(text: string, scope: string): Reference | undefined {
    const segments = text.split(".");
    for (const around of scopesFrom(scope)) {
      for (let length = segments.length; length > 0; length--) {
        const local = segments.slice(0, length).join(".");
        const owner = this.#owners.get(around === "" ? local : `${around}.${local}`);
        const output = length === segments.length ? undefined : segments.slice(length).join(".");
        if (!owner || (!isLayer(owner) && output !== undefined)) continue;
        return { text, full: output === undefined ? owner.name : `${owner.name}.${output}`, owner, output };
      }
    }
    return undefined;
  }

  /** Whether an input or a layer above has taken the name already. */
  isDuplicate(layer: NamedLayer): boolean {
    return this.#owners.get(layer.name) !== layer;
  }

  /** The same as `find` without a report. */
  peek(text: string, scope = ""): ModelInput | NamedLayer | undefined {
    return this.#lookUp(text, scope)?.owner;
  }

  /** Whether an input, a planned layer or an output of one is called so. */
  has(text: string, scope = ""): boolean {
    const found = this.#lookUp(text, scope);
    if (!found || !isLayer(found.owner)) return found !== undefined;
    const planned = this.#planned.get(found.owner.name);
    return planned !== undefined && (found.output === undefined || Object.hasOwn(planned.extras, found.output));
  }

  /** A layer whose shapes are never set has failed: what reads it stays silent. */
  setShapes(layer: NamedLayer, shapes: PlannedShapes): void {
    this.#planned.set(layer.name, shapes);
  }

  /** Shapes of a planned layer's own parameters, by the names they were declared with. */
  parametersOf(layer: NamedLayer): Readonly<Record<string, readonly number[]>> {
    const parameters = this.#planned.get(layer.name)?.parameters ?? [];
    return Object.fromEntries(parameters.map(({ name, shape }) => [name.slice(layer.name.length + 1), shape]));
  }

  /** Someone looks the input's numbers up in a table of so many rows. */
  limit(input: ModelInput, vocabulary: number): void {
    this.#limits.set(input.name, Math.min(this.#limits.get(input.name) ?? vocabulary, vocabulary));
  }

  /** The inputs, with a vocabulary where one is declared or someone needs one. */
  limited(inputs: readonly ModelInput[]): readonly ModelInput[] {
    return inputs.map((input) => {
      const vocabulary = input.vocabulary ?? this.#limits.get(input.name);
      return vocabulary === undefined ? input : { ...input, vocabulary };
    });
  }

  /** Undefined when the owner has failed or is not known, or when it has no such output; only the latter is reported. */
  shapeOf(reference: Reference, pointer: string): LayerShape | undefined {
    const { owner, output } = reference;
    if (!isLayer(owner)) return owner.unknown === true ? undefined : inputShape(owner);
    const planned = this.#planned.get(owner.name);
    if (!planned || output === undefined) return planned?.output;
    const extra = memberOf(planned.extras, output);
    if (extra !== undefined) return extra;
    const inner = this.layers.filter(({ scope }) => scope === owner.name || scope.startsWith(`${owner.name}.`));
    const innerNames = inner.map(({ name }) => name.slice(owner.name.length + 1));
    const known = Array.from(new Set([...Object.keys(planned.extras), ...innerNames]));
    const facts = { layer: owner.name, kind: owner.kind, output, known };
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
