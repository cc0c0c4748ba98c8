/** Layers in order: what each reads, its shapes and its parameters. An error in one silences those that read it. */
import type { LayerShape, ModelInput } from "../../contracts/layer.ts";
import type { ResolvedLayer } from "../../contracts/model.ts";
import { counted, type Inputs, type LayerDefinition, type LookedUp, type PlanContext } from "../../layers/define.ts";
import { allLayers } from "../../layers/index.ts";
import { withDefaults } from "../../keys/define.ts";
import { legend } from "../../support/legend.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { describeValue, joinWords, quote } from "../../support/words.ts";
import { takenKinds } from "../2-validate/taken-kinds.ts";
import { layerDefinition } from "./layer-definition.ts";
import type { AxisNames } from "./axis-names.ts";
import { reportSize } from "./cells.ts";
import { isBroken, recordOf } from "./context.ts";
import { dataKinds } from "../../data/index.ts";
import type { ResolveContext } from "./context.ts";
import { inputCountText, isLayer } from "./names.ts";
import type { NamedLayer, Names, Reference } from "./names.ts";
import { checkOrder } from "./order.ts";
import type { Room } from "./room.ts";
import { resolveParameters, resolveStatistics } from "./parameters.ts";

export interface ResolvedLayers {
  /** Those without an error, in order. */
  readonly layers: readonly ResolvedLayer[];
  /** Names of inputs and layers that each layer depends on, through `from` and other keys. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  readonly complete: boolean;
}

export function resolveLayers(
  context: ResolveContext,
  names: Names,
  { axisNames, room }: { readonly axisNames: AxisNames; readonly room: Room },
): ResolvedLayers {
  const misplaced = checkOrder(context, names);
  const dependencies = new Map<string, Set<string>>();
  const layers: ResolvedLayer[] = [];
  const resolvedNames = new Set<string>();
  for (const layer of names.layers) {
    if (isBroken(context.spec, layer.pointer) || names.isDuplicate(layer) || hasWrongCell(context, layer)) continue;
    const needs = new Set<string>();
    dependencies.set(layer.name, needs);
    const sources = findSources(context, names, layer);
    for (const source of sources ?? []) needs.add(source.owner.name);
    if (!sources || misplaced.has(layer)) continue;
    // What is wrong with a repeated layer was said of its first copy.
    if (layer.original && !resolvedNames.has(layer.original.name)) continue;
    const planned = new LayerResolution(context, names, layer, sources, needs).resolve();
    if (!planned || !room.holds(planned)) continue;
    const extras = Object.entries(planned.extras).map(([extra, shape]) => [extra, axisNames.settle(shape)] as const);
    const resolved = { ...planned, output: axisNames.settle(planned.output), extras: Object.fromEntries(extras) };
    names.setShapes(layer, resolved);
    layers.push(resolved);
    resolvedNames.add(layer.name);
  }
  return { layers, dependencies, complete: layers.length === names.layers.length };
}

/** Whether the layer's kind is a cell of the spec with mistakes, which are reported there. */
function hasWrongCell({ cells }: ResolveContext, { kind }: NamedLayer): boolean {
  return cells.has(kind) && cells.get(kind) === undefined && !takenKinds.includes(kind);
}

/** What a layer reads, by `from` or by default; undefined when that is wrong. */
function findSources(context: ResolveContext, names: Names, layer: NamedLayer): readonly Reference[] | undefined {
  const found = layer.sources.map((source) => {
    if (source === undefined) return onlyInput(context, names, layer);
    const { text, scope, pointer } = source;
    if (layer.original && !names.peek(text, scope)) return undefined;
    const reference = names.find(text, pointer, { what: "input or layer", known: () => readable(names, layer) }, scope);
    if (!reference || isLayer(reference.owner)) return reference;
    if (!isLeak(context, reference.owner)) return reference;
    return layer.original ? undefined : context.report("reads-target", { name: layer.name, target: text }, { pointer });
  });
  return found.every((reference) => reference !== undefined) ? found : undefined;
}

/** Whether the input is what the data wants predicted. Of tensors nobody but the spec says what that is. */
function isLeak({ spec }: ResolveContext, input: ModelInput): boolean {
  return input.role === "target" && recordOf(dataKinds, spec.data.kind).impliesInputs;
}

/** Names that a layer may read. */
function readable(names: Names, layer: NamedLayer): readonly string[] {
  const inputs = names.inputs.filter(({ role }) => role === "input");
  return [...inputs, ...names.layers.slice(0, layer.index)].map(({ name }) => name);
}

/** What the first layer reads by default. */
function onlyInput(context: ResolveContext, names: Names, layer: NamedLayer): Reference | undefined {
  const candidates = names.inputs.filter((input) => input.role === "input");
  const inputs = candidates.length === 0 && names.inputs.length === 1 ? names.inputs : candidates;
  const [only] = inputs;
  const pointer = `${layer.pointer}/kind`;
  if (!only) return context.report("no-input", { name: layer.name }, { pointer });
  if (inputs.length === 1) return { text: only.name, full: only.name, owner: only, output: undefined };
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
    this.#definition = layerDefinition(this.#kind(layer), (problem) => {
      reportSize(context.document, context.diagnostics, layer.pointer, layer.kind, problem);
    });
    this.#title = `${layer.kind} layer ${quote(layer.name)}`;
  }

  #kind({ kind }: NamedLayer): Pick<ResolvedLayer, "kind" | "cell"> {
    const cell = this.#context.cells.get(kind);
    return cell ? { kind, cell } : { kind };
  }

  resolve(): ResolvedLayer | undefined {
    const inputs = this.#inputShapes();
    if (!inputs) return undefined;
    const before = this.#context.diagnostics.count;
    const config = withDefaults(this.#definition.keys, this.#layer.spec);
    const plan = this.#definition.plan(config, this.#planContext(inputs, config));
    if (!plan || this.#context.diagnostics.count > before) return undefined;
    if (plan.vocabulary !== undefined) this.#limit(plan.vocabulary);
    return {
      name: this.#layer.name,
      ...this.#kind(this.#layer),
      config,
      scope: this.#layer.scope,
      from: this.#sources.map(({ full }) => full),
      needs: Array.from(this.#needs),
      inputs,
      output: plan.output,
      extras: plan.extras ?? {},
      parameters: [
        ...resolveParameters(this.#context, this.#layer, plan.parameters ?? []),
        ...resolveStatistics(this.#layer, plan.statistics ?? []),
      ],
      pointer: this.#layer.pointer,
    };
  }

  #limit(vocabulary: number): void {
    const owner = this.#sources[0]?.owner;
    if (owner !== undefined && !isLayer(owner)) this.#names.limit(owner, vocabulary);
  }

  #inputShapes(): readonly LayerShape[] | undefined {
    const { report } = this.#context;
    const { name, kind, pointer } = this.#layer;
    const { min, max } = this.#definition.inputs;
    const count = this.#sources.length;
    if (count < min || count > max) {
      const facts = { layer: name, kind, expected: inputCountText({ min, max }), found: count };
      const part = this.#layer.isWritten ? "from" : "kind";
      return report("input-count", facts, { pointer: `${pointer}/${part}` });
    }
    const shapes = this.#sources.map((source, position) => {
      const shape = this.#names.shapeOf(source, this.#layer.sources[position]?.pointer ?? this.#layer.pointer);
      if (!shape) return undefined;
      return (isLayer(source.owner) ? this.#takesOutput(source) : this.#takesInput(source.owner)) ? shape : undefined;
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
    // One number per example is nothing to compute with, but can be looked up.
    if (input.shape.length > 0 || expected === "int32") return true;
    const facts = {
      expected: "at least one axis beside the batch",
      found: "gets [B]",
      help: "declare the input with shape: [1]",
    };
    report("shape-mismatch", { reader: this.#title, ...facts }, at);
    return false;
  }

  /** Layers compute real numbers. */
  #takesOutput(source: Reference): boolean {
    const { name, kind, pointer } = this.#layer;
    const expected = this.#definition.dtype ?? "float32";
    if (expected === "float32") return true;
    const notes = [{ message: `${quote(source.text)} is made here.`, pointer: this.#names.originOf(source) }];
    const facts = { layer: name, kind, input: source.text, expected, found: "float32", isMade: true };
    this.#context.report("wrong-dtype", facts, { pointer: `${pointer}/kind`, notes });
    return false;
  }

  #planContext(
    inputs: readonly LayerShape[],
    config: Readonly<Record<string, unknown>>,
  ): PlanContext<Inputs<2, LayerShape>> {
    const { report, batchSize } = this.#context;
    const { name, pointer } = this.#layer;
    const legends = inputs.map((shape) => legend(shape, batchSize));
    return {
      name,
      inputs: counted(inputs),
      batchSize,
      from: this.#sources.map(({ text }) => text),
      lookup: (text, key) => this.#lookup(text, key),
      has: (text) => this.#names.has(text, this.#layer.scope),
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
        const facts = { key, owner: this.#title, expected, found: showValue(memberOf(config, key)), help };
        return report("invalid-value", facts, { pointer: `${pointer}/${key}` });
      },
      missing: (key) => {
        const { description = "" } = memberOf(this.#definition.keys, key) ?? {};
        const meaning = `${description.charAt(0).toLowerCase()}${description.slice(1)}`;
        return report("missing-key", { key, owner: `a layer of kind ${this.#layer.kind}`, meaning }, { pointer });
      },
    };
  }

  #lookup(text: string, key: string): LookedUp | undefined {
    const pointer = `${this.#layer.pointer}/${key}`;
    const wanted = { what: "input or layer", known: () => readable(this.#names, this.#layer) };
    const reference = this.#names.find(text, pointer, wanted, this.#layer.scope);
    if (!reference) return undefined;
    const { owner } = reference;
    this.#needs.add(owner.name);
    if (isLayer(owner) && owner.index >= this.#layer.index) {
      const code = owner === this.#layer ? "layer-cycle" : "later-layer";
      if (code === "layer-cycle") return this.#context.report(code, { cycle: [owner.name, owner.name] }, { pointer });
      return this.#context.report(code, { name: this.#layer.name, read: owner.name }, { pointer });
    }
    const shape = this.#names.shapeOf(reference, pointer);
    if (isLayer(owner)) return shape && { shape, kind: owner.kind, shared: this.#sharedOf(owner) };
    const isUsable = key === "target" || this.#mayCompute(owner, pointer);
    return isUsable && shape ? { shape, kind: "input" } : undefined;
  }

  #sharedOf(owner: NamedLayer): NonNullable<LookedUp["shared"]> {
    const shares = allLayers.find(({ kind }) => kind === owner.kind)?.shares ?? [];
    const parameters = Object.entries(this.#names.parametersOf(owner));
    return Object.fromEntries(parameters.filter(([name]) => shares.includes(name)));
  }

  /** Whether an input that another key than `from` names can be computed with. */
  #mayCompute(input: ModelInput, pointer: string): boolean {
    const { report } = this.#context;
    const { name, kind } = this.#layer;
    if (isLeak(this.#context, input)) {
      report("reads-target", { name, target: input.name }, { pointer });
      return false;
    }
    if (input.dtype === "float32") return true;
    const notes = [{ message: `${quote(input.name)} is declared here.`, pointer: input.pointer }];
    const facts = { layer: name, kind, input: input.name, expected: "float32", found: input.dtype };
    report("wrong-dtype", facts, { pointer, notes });
    return false;
  }
}

function showValue(value: unknown): string {
  if (value === undefined) return "not given";
  return typeof value === "object" ? describeValue(value) : JSON.stringify(value);
}
