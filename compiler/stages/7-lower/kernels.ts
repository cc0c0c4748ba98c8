/** From a stored node to its kernel: one scalar expression for every cell, everything not stored computed in place. */
import { isContribution } from "../../ir/gradient-labels.ts";
import type { Node } from "../../ir/graph.ts";
import { factsOf } from "../../ir/expression-facts.ts";
import { addIndex, constantIndex, indexText, nameIndex } from "../../ir/index-expression.ts";
import { expressionText } from "../../ir/print.ts";
import type {
  Access,
  Expression,
  IndexExpression,
  Kernel,
  KernelParameter,
  RunStep,
  TargetLimits,
} from "../../ir/program.ts";
import { identifierFrom } from "../../code-text/names.ts";
import { definitionOf } from "../../ops/index.ts";
import { sameShape } from "../../ops/support.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { AxisLetters } from "./axis-letters.ts";
import type { Buffers } from "./buffers.ts";
import { slotOf } from "./buffers.ts";
import { camelCase, UniqueNames } from "./naming.ts";
import type { Placement, Regions } from "./placement.ts";
import type { ValueNames } from "./value-names.ts";
import { slotParts } from "@specloom/runtime/internal/shared/names";

/** Thrown when a kernel would read too many tensors; `node` is what to store so that it does not. */
export class TooManyParameters extends Error {
  readonly node: Node;

  constructor(node: Node) {
    super(`too many parameters, store %${node.id}`);
    this.node = node;
  }
}

export interface KernelSetting {
  readonly regions: Regions;
  readonly placement: Placement;
  readonly buffers: Buffers;
  readonly axes: AxisLetters;
  readonly values: ValueNames;
  /** Index expression of the current step, inside a loop. */
  readonly time: IndexExpression;
  /** Loop variables in scope, outermost first. */
  readonly variables: readonly string[];
  readonly limits: TargetLimits;
}

/** Kernels of one program, equal ones shared. */
export class KernelTable {
  readonly #byText = new Map<string, Kernel>();
  readonly #names = new UniqueNames();

  get all(): readonly Kernel[] {
    return [...this.#byText.values()];
  }

  /** The step that computes `node` (or copies it, when it is a leaf) into `output`. */
  run(node: Node, output: Access, setting: KernelSetting): RunStep {
    const { kernel, inputs, variables } = new KernelWriter(node, setting).write();
    const text = canonicalText(kernel);
    const known = this.#byText.get(text);
    const shared = known ?? { ...kernel, name: this.#names.take(kernel.name) };
    if (known === undefined) this.#byText.set(text, shared);
    return { kind: "run", kernel: shared, inputs, variables, output };
  }
}

/** Equal text: equal work for the same purpose, whatever the parameters are called. */
function canonicalText(kernel: Kernel): string {
  const parameters = kernel.parameters.map(({ shape, dtype }, index) => ({ name: `p${index}`, shape, dtype }));
  return JSON.stringify([
    kernel.origin.phase,
    kernel.origin.note,
    parameters,
    kernel.variables.length,
    kernel.output,
    kernel.indices,
    expressionText(kernel.body, { parameters }),
  ]);
}

class KernelWriter {
  readonly #root: Node;
  readonly #setting: KernelSetting;
  readonly #inputs: Access[] = [];
  readonly #parameters: KernelParameter[] = [];
  /** Of indices, loop variables and parameters: one scope in the kernel that is printed. */
  readonly #names = new UniqueNames();
  readonly #known = new Map<string, Expression>();
  readonly #inlined: Node[] = [];

  constructor(root: Node, setting: KernelSetting) {
    this.#root = root;
    this.#setting = setting;
    for (const variable of setting.variables) this.#names.take(variable);
  }

  write(): { readonly kernel: Kernel; readonly inputs: readonly Access[]; readonly variables: readonly string[] } {
    const root = this.#root;
    const { values } = this.#setting;
    const indices = this.#outputIndices();
    const names = indices.map(nameIndex);
    // A leaf or a scan's result is copied: read it from where it is.
    const isCopy = root.op === "argument" || root.op === "placeholder" || root.op === "scan_output";
    const body = isCopy ? this.#value(root, names) : this.#cell(root, names);
    if (this.#inputs.length > this.#setting.limits.kernelTensors) throw new TooManyParameters(this.#bestSplit());
    const variables = this.#variablesOf(body);
    const kernel: Kernel = {
      name: values.wholeOf(root),
      parameters: this.#parameters,
      variables,
      output: root.shape,
      indices,
      body,
      origin: { ...root.origin, layer: root.op === "constant" ? "" : root.origin.layer, note: values.of(root) },
    };
    return { kernel, inputs: this.#inputs, variables };
  }

  /** The loop variables that a body names; outside of loops there is nothing to look for. */
  #variablesOf(body: Expression): readonly string[] {
    const { variables } = this.#setting;
    if (variables.length === 0) return variables;
    const used = factsOf(body).free.get(body);
    return variables.filter((variable) => used?.has(variable) === true);
  }

  /** The letters of the axes where they are known, else i, j, k ... */
  #outputIndices(): string[] {
    // An update treats every parameter alike, whatever its axes mean.
    const isUpdate = this.#root.origin.phase === "update";
    const letters = isUpdate ? this.#root.shape.map(() => undefined) : this.#setting.axes.of(this.#root);
    const spare = ["i", "j", "k", "l", "m", "n"].filter((letter) => !letters.includes(letter));
    return letters.map((letter) => this.#names.take(letter ?? spare.shift() ?? "i"));
  }

  /** One cell of a node: read if it is stored, computed if not. */
  #value(node: Node, indices: readonly IndexExpression[]): Expression {
    const key = `${node.id}@${indices.map((index) => indexText(index)).join("|")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const expression = this.#read(node, indices) ?? this.#cell(node, indices);
    // Reductions bind a name of their own; sharing them across places would let that name escape.
    this.#known.set(key, expression);
    return expression;
  }

  #cell(node: Node, indices: readonly IndexExpression[]): Expression {
    if (node !== this.#root) this.#inlined.push(node);
    const expression = definitionOf(node).cell(node as never, indices, {
      at: (input, inner) => this.#value(node.inputs[input] as Node, inner),
      fresh: (hint) => this.#names.take(hint),
    });
    const { op, label } = node;
    const isNamed = node !== this.#root && label !== op && op !== "constant" && !isContribution(label);
    return isNamed ? { ...expression, label: partLabel(node) } : expression;
  }

  #read(node: Node, indices: readonly IndexExpression[]): Expression | undefined {
    const { regions, placement, buffers, time } = this.#setting;
    const whole = regions.sliced(node);
    if (whole !== undefined) {
      return this.#value(whole, [time, ...indices]);
    }
    if (node === this.#root && node.op !== "placeholder" && node.op !== "argument" && node.op !== "scan_output") {
      return undefined;
    }
    const location = buffers.location(node);
    if (location === undefined) {
      if (placement.isStored(node)) throw new InternalError(`%${node.id} ${node.op} is stored nowhere`);
      return undefined;
    }
    const shifted =
      location.shift === undefined
        ? indices
        : [addIndex(indices[0] as IndexExpression, constantIndex(location.shift)), ...indices.slice(1)];
    const full = location.step === undefined ? shifted : [location.step, ...shifted];
    return this.#load({ buffer: location.buffer }, full, this.#labelFor(node));
  }

  #load(whole: Access, indices: readonly IndexExpression[], label: string): Expression {
    const { buffer } = whole;
    const first = indices[0];
    const slot = buffer.storage === "steps" && first !== undefined ? slotOf(first, this.#setting.variables) : undefined;
    const access: Access = slot === undefined ? whole : { buffer, slot };
    const inner = slot === undefined ? indices : indices.slice(1);
    let parameter = this.#inputs.findIndex((other) => sameAccess(other, access));
    if (parameter < 0) {
      parameter = this.#inputs.length;
      this.#inputs.push(access);
      this.#parameters.push({
        name: this.#names.take(identifierFrom(label)),
        shape: slot === undefined ? buffer.shape : buffer.shape.slice(1),
        dtype: buffer.dtype,
      });
    }
    return { kind: "load", parameter, indices: inner };
  }

  /** In an update the parameters are what they are to the optimizer, so that equal updates share a kernel. */
  #labelFor(node: Node): string {
    const { phase, layer } = this.#root.origin;
    if (node.op !== "argument") return this.#labelOfValue(node);
    const { role, name } = node.attributes;
    if (role === "parameter" && phase === "update") return "parameter";
    if (role === "state") return slotParts(name)?.slot ?? name;
    if (role === "scalar") return name.slice(name.indexOf(".") + 1);
    // What a stream keeps for a layer, which has a new one of it too.
    if (name.startsWith(`${layer}:`)) return `kept_${name.slice(layer.length + 1)}`;
    // A layer's own parameters go by the names that it has for them.
    const own = `${layer}.`;
    return role === "parameter" && name.startsWith(own) ? name.slice(own.length) : name;
  }

  /** What clipping and updates read beside their own results, one number for each of the parameter's, is the gradient. */
  #labelOfValue(node: Node): string {
    const { origin, shape } = this.#root;
    const label = this.#setting.values.of(node);
    // What another layer gives is what this one reads.
    if (label === "output" && node.origin.layer !== this.#root.origin.layer) return "input";
    if (origin.phase === "update" && node.origin.phase === "update")
      return node.label === node.op ? label : `next_${label}`;
    if (origin.phase === "clip" && node.origin.phase !== "clip") return "gradient";
    return origin.phase === "update" && sameShape(node.shape, shape) ? "gradient" : label;
  }

  /** The inlined node that reads the most tensors of its own without being all of the kernel. */
  #bestSplit(): Node {
    const { kernelTensors } = this.#setting.limits;
    const tooLarge = new Set<Node>();
    const sized = [...new Set(this.#inlined)]
      .sort((a, b) => a.id - b.id)
      .map((node) => {
        const count = node.inputs.some((input) => tooLarge.has(input)) ? Number.POSITIVE_INFINITY : this.#readsOf(node);
        if (count > kernelTensors) tooLarge.add(node);
        return { node, count };
      });
    const fitting = sized.filter(
      ({ node, count }) =>
        count > 1 &&
        count <= kernelTensors &&
        node.inputs.length > 0 &&
        !["broadcast", "reshape", "transpose", "slice", "reverse", "unfold"].includes(node.op),
    );
    const [best] = fitting.sort((a, b) => b.count - a.count || a.node.id - b.node.id);
    if (best === undefined) {
      throw new InternalError(`kernel for %${this.#root.id} ${this.#root.op} reads ${this.#inputs.length} tensors`);
    }
    return best.node;
  }

  /** How many tensors a kernel for this node alone would read. */
  #readsOf(node: Node): number {
    const writer = new KernelWriter(node, this.#setting);
    writer.#cell(
      node,
      node.shape.map((_, axis) => nameIndex(`q${axis}`)),
    );
    return writer.#inputs.length;
  }
}

/** What a layer gives goes by its name where it is computed in passing; equal layers have equal last names. */
function partLabel({ label, origin: { layer } }: Node): string {
  const name = camelCase(layer.slice(layer.lastIndexOf(".") + 1));
  return label === "output" && layer !== "" ? name : camelCase(label);
}

function sameAccess(left: Access, right: Access): boolean {
  return (
    left.buffer === right.buffer &&
    left.slot?.variable === right.slot?.variable &&
    left.slot?.scale === right.slot?.scale &&
    left.slot?.offset === right.slot?.offset
  );
}
