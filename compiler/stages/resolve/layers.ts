/** Layers in order: what each reads, its shapes and its parameters. An error in one silences those that read it. */
import type { LayerShape, ModelInput, ResolvedLayer } from "../../contracts.ts";
import type { LayerDefinition, PlanContext } from "../../layers/define.ts";
import { layers as layerTable } from "../../layers/index.ts";
import { withDefaults } from "../../schema/keys.ts";
import { legend } from "../../support/legend.ts";
import { describeValue, joinWords, quote } from "../../support/words.ts";
import { isBroken, recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import { inputCountText, isLayer } from "./names.ts";
import type { NamedLayer, Names, Reference } from "./names.ts";
import { checkOrder, sourcePointer, writtenSources } from "./order.ts";
import { resolveParameters } from "./parameters.ts";

export interface ResolvedLayers {
  /** Those without an error, in order. */
  readonly layers: readonly ResolvedLayer[];
  /** Names of inputs and layers that each layer depends on, through `from` and other keys. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  readonly complete: boolean;
}

export function resolveLayers(context: ResolveContext, names: Names): ResolvedLayers {
  const misplaced = checkOrder(context, names);
  const dependencies = new Map<string, Set<string>>();
  const layers: ResolvedLayer[] = [];
  for (const layer of names.layers) {
    if (isBroken(context.spec, layer.pointer) || names.isDuplicate(layer)) continue;
    const needs = new Set<string>();
    dependencies.set(layer.name, needs);
    const sources = findSources(context, names, layer);
    for (const source of sources ?? []) needs.add(source.owner.name);
    if (!sources || misplaced.has(layer)) continue;
    const resolved = new LayerResolution(context, names, layer, sources, needs).resolve();
    if (!resolved) continue;
    names.setShapes(layer, resolved);
    layers.push(resolved);
  }
  return { layers, dependencies, complete: layers.length === names.layers.length };
}

/** What a layer reads, by `from` or by default; undefined when that is wrong. */
function findSources(context: ResolveContext, names: Names, layer: NamedLayer): readonly Reference[] | undefined {
  const written = writtenSources(context, layer);
  if (!written) return defaultSource(context, names, layer);
  const found = written.map((text, position) => {
    const pointer = sourcePointer(context, layer, position);
    const reference = names.find(text, pointer, { what: "input or layer", known: readable(names, layer) });
    if (!reference || isLayer(reference.owner)) return reference;
    const isLeak = reference.owner.role === "target" && context.spec.data.kind !== "tensors";
    return isLeak ? context.report("reads-target", { name: layer.name, target: text }, { pointer }) : reference;
  });
  return found.every((reference) => reference !== undefined) ? found : undefined;
}

/** Names that a layer may read. */
function readable(names: Names, layer: NamedLayer): readonly string[] {
  const inputs = names.inputs.filter(({ role }) => role === "input");
  return [...inputs, ...names.layers.slice(0, layer.index)].map(({ name }) => name);
}

/** The layer above; for the first layer the one input. */
function defaultSource(context: ResolveContext, names: Names, layer: NamedLayer): readonly Reference[] | undefined {
  const above = names.layers[layer.index - 1];
  if (above) return [{ text: above.name, owner: above, output: undefined }];
  const candidates = names.inputs.filter((input) => input.role === "input");
  const inputs = candidates.length === 0 && names.inputs.length === 1 ? names.inputs : candidates;
  const [only] = inputs;
  const pointer = `${layer.pointer}/kind`;
  if (!only) return context.report("no-input", { name: layer.name }, { pointer });
  if (inputs.length === 1) return [{ text: only.name, owner: only, output: undefined }];
  return context.report("ambiguous-input", { name: layer.name, inputs: inputs.map(({ name }) => name) }, { pointer });
}

class LayerResolution {
  readonly #context: ResolveContext;
  readonly #names: Names;
  readonly #layer: NamedLayer;
  readonly #sources: readonly Reference[];
  readonly #needs: Set<string>;
  readonly #definition: LayerDefinition;
  readonly #title: string;

  constructor(
    context: ResolveContext,
    names: Names,
    layer: NamedLayer,
    sources: readonly Reference[],
    needs: Set<string>,
  ) {
    this.#context = context;
    this.#names = names;
    this.#layer = layer;
    this.#sources = sources;
    this.#needs = needs;
    this.#definition = recordOf(layerTable, layer.kind);
    this.#title = `${layer.kind} layer ${quote(layer.name)}`;
  }

  resolve(): ResolvedLayer | undefined {
    const inputs = this.#inputShapes();
    if (!inputs) return undefined;
    const before = this.#context.diagnostics.count;
    const spec = this.#context.spec.layers[this.#layer.index] ?? {};
    const config = withDefaults(this.#definition.keys, spec);
    const plan = this.#definition.plan(config, this.#planContext(inputs, config));
    if (!plan || this.#context.diagnostics.count > before) return undefined;
    return {
      name: this.#layer.name,
      kind: this.#layer.kind,
      config,
      from: this.#sources.map(({ text }) => text),
      inputs,
      output: plan.output,
      extras: plan.extras ?? {},
      parameters: resolveParameters(this.#context, this.#layer, plan.parameters ?? []),
      pointer: this.#layer.pointer,
    };
  }

  #inputShapes(): readonly LayerShape[] | undefined {
    const { report } = this.#context;
    const { name, kind, pointer } = this.#layer;
    const { min, max } = this.#definition.inputs;
    const count = this.#sources.length;
    if (count < min || count > max) {
      const facts = { layer: name, kind, expected: inputCountText({ min, max }), found: count };
      const part = writtenSources(this.#context, this.#layer) ? "from" : "kind";
      return report("input-count", facts, { pointer: `${pointer}/${part}` });
    }
    const shapes = this.#sources.map((source, position) => {
      const shape = this.#names.shapeOf(source, sourcePointer(this.#context, this.#layer, position));
      return shape && (isLayer(source.owner) || this.#takesInput(source.owner)) ? shape : undefined;
    });
    return shapes.every((shape) => shape !== undefined) ? shapes : undefined;
  }

  /** Nothing is cast, and a layer needs at least one axis to work on. */
  #takesInput(input: ModelInput): boolean {
    const { report } = this.#context;
    const { name, kind, pointer } = this.#layer;
    const expected = this.#definition.dtype ?? "float32";
    const notes = [{ message: `${quote(input.name)} is declared here.`, pointer: input.pointer }];
    const at = { pointer: `${pointer}/kind`, notes };
    if (input.dtype !== expected) {
      report("wrong-dtype", { layer: name, kind, input: input.name, expected, found: input.dtype }, at);
      return false;
    }
    if (input.shape.length > 0) return true;
    const facts = {
      expected: "at least one axis beside the batch",
      found: "gets [B]",
      help: "declare the input with shape: [1]",
    };
    report("shape-mismatch", { reader: this.#title, ...facts }, at);
    return false;
  }

  #planContext(inputs: readonly LayerShape[], config: Readonly<Record<string, unknown>>): PlanContext {
    const { report, batchSize } = this.#context;
    const { name, pointer } = this.#layer;
    const legends = inputs.map((shape) => legend(shape, batchSize));
    return {
      name,
      inputs,
      from: this.#sources.map(({ text }) => text),
      lookup: (text, key) => this.#lookup(text, `${pointer}/${key}`),
      mismatch: (expected, help) => {
        const operands = this.#sources.map(({ text }, position) => `${quote(text)} is ${legends[position] ?? ""}`);
        const found = operands.length === 1 ? `gets ${legends[0] ?? ""}` : joinWords(operands, "and");
        const notes = this.#sources.map((source, position) => ({
          message: `${quote(source.text)} is ${legends[position] ?? ""}.`,
          pointer: this.#names.originOf(source),
        }));
        return report(
          "shape-mismatch",
          { reader: this.#title, expected, found, help },
          { pointer: `${pointer}/kind`, notes },
        );
      },
      invalid: (key, expected, help) => {
        const facts = { key, owner: this.#title, expected, found: showValue(config[key]), help };
        return report("invalid-value", facts, { pointer: `${pointer}/${key}` });
      },
    };
  }

  #lookup(text: string, pointer: string): { readonly shape: LayerShape; readonly kind: string } | undefined {
    const reference = this.#names.find(text, pointer, {
      what: "input or layer",
      known: readable(this.#names, this.#layer),
    });
    if (!reference) return undefined;
    const { owner } = reference;
    this.#needs.add(owner.name);
    if (isLayer(owner) && owner.index >= this.#layer.index) {
      const code = owner === this.#layer ? "layer-cycle" : "later-layer";
      if (code === "layer-cycle") return this.#context.report(code, { cycle: [owner.name, owner.name] }, { pointer });
      return this.#context.report(code, { name: this.#layer.name, read: owner.name }, { pointer });
    }
    const shape = this.#names.shapeOf(reference, pointer);
    return shape && { shape, kind: isLayer(owner) ? owner.kind : "input" };
  }
}

function showValue(value: unknown): string {
  if (value === undefined) return "not given";
  return typeof value === "object" ? describeValue(value) : JSON.stringify(value);
}
