/**
 * Moves work out of loops over time: what a step computes without any carried value, and what no later step needs, is
 * computed for all steps at once. So the input projections and the weight gradients of all time steps become one matrix
 * product each, whoever wrote the cell.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node, ScanAttributes } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { ScanRewrite } from "../ir/rewrite.ts";
import { copyNode, rewriteGraph } from "../ir/rewrite.ts";
import type { Operations, Vectorised } from "../ops/index.ts";
import { definitionOf, operations } from "../ops/index.ts";
import { scanResults } from "../ops/operations.ts";
import { lift } from "../ops/support.ts";

export function hoist(graph: Graph): Graph {
  return rewriteGraph(graph, (builder) => ({
    node: (old, inputs) => copyNode(old, inputs, builder),
    scan: (_old, rebuilt, used) => hoistedScan(rebuilt, used, builder),
  }));
}

function hoistedScan(
  { attributes, inputs }: ScanRewrite,
  used: ReadonlySet<number>,
  builder: GraphBuilder,
): readonly (Node | undefined)[] {
  const { carries, slices, nextCarries, outputs, length, identifier } = attributes;
  const { early, late } = dependenceOnCarries(attributes);
  const inLoop = new Set<Node>([...carries, ...topological(nextCarries).filter((node) => late.has(node))]);
  const wanted = outputs.filter((_, index) => used.has(carries.length + index));

  const lifting = new Lifting(operations(builder), attributes, inputs, early, late, inLoop);
  const stacked = lifting.stacksFor(wanted);

  // Carry-free work that the loop reads arrives as a slice of a tensor computed before the loop.
  const readers = [...inLoop, ...stacked].filter((node) => late.has(node));
  const entering = new Set<Node>(
    [...readers.flatMap((node) => node.inputs), ...nextCarries].filter(
      (node) => early.has(node) && !slices.includes(node),
    ),
  );
  const renewed = new Map<Node, Node>();
  const wholes: Node[] = [];
  for (const node of entering) {
    const index = slices.length + wholes.length;
    wholes.push(lifting.whole(node));
    renewed.set(
      node,
      builder.make({
        op: "placeholder",
        inputs: [],
        attributes: { scan: identifier, part: "slice", index },
        shape: node.shape,
        label: node.label,
      }),
    );
  }
  const get = (node: Node): Node => renewed.get(node) ?? node;
  for (const node of topological([...nextCarries, ...stacked])) {
    if (!late.has(node) || node.op === "placeholder") continue;
    builder.within(node.origin, () => renewed.set(node, copyNode(node, node.inputs.map(get), builder)));
  }
  const results = scanResults(
    builder,
    {
      ...attributes,
      slices: [...slices, ...[...entering].map(get)],
      nextCarries: nextCarries.map(get),
      outputs: stacked.map(get),
    },
    [...inputs, ...wholes],
  );
  lifting.bind(stacked, results.outputs);
  return [
    ...results.carries,
    ...outputs.map((output, index) =>
      used.has(carries.length + index) ? lift(operations(builder), lifting.vector(output), length) : undefined,
    ),
  ];
}

/** Splits the body: `late` reaches a carry, `early` only slices. What reaches neither is outside anyway. */
function dependenceOnCarries({ carries, slices, nextCarries, outputs }: ScanAttributes): {
  readonly early: ReadonlySet<Node>;
  readonly late: ReadonlySet<Node>;
} {
  const early = new Set<Node>(slices);
  const late = new Set<Node>(carries);
  for (const node of topological([...nextCarries, ...outputs])) {
    if (node.op === "placeholder") continue;
    if (node.inputs.some((input) => late.has(input))) late.add(node);
    else if (node.inputs.some((input) => early.has(input))) early.add(node);
  }
  return { early, late };
}

/** Body values for all steps at once, from the sliced tensors and from stacks of what the loop computes. */
class Lifting {
  readonly #operations: Operations;
  readonly #attributes: ScanAttributes;
  readonly #inputs: readonly Node[];
  readonly #body: { readonly has: (node: Node) => boolean };
  readonly #inLoop: ReadonlySet<Node>;
  readonly #known = new Map<Node, Vectorised>();

  constructor(
    o: Operations,
    attributes: ScanAttributes,
    inputs: readonly Node[],
    early: ReadonlySet<Node>,
    late: ReadonlySet<Node>,
    inLoop: ReadonlySet<Node>,
  ) {
    this.#operations = o;
    this.#attributes = attributes;
    this.#inputs = inputs;
    this.#body = { has: (node) => early.has(node) || late.has(node) };
    this.#inLoop = inLoop;
  }

  /** The loop's values of which the outputs need a stack, in order of execution. */
  stacksFor(outputs: readonly Node[]): Node[] {
    const stacks = new Set<Node>();
    const seen = new Set<Node>();
    const queue = [...outputs];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (seen.has(node) || !this.#body.has(node)) continue;
      seen.add(node);
      if (this.#inLoop.has(node)) stacks.add(node);
      else queue.push(...node.inputs);
    }
    return [...stacks].sort((a, b) => a.id - b.id);
  }

  bind(nodes: readonly Node[], stacks: readonly Node[]): void {
    nodes.forEach((node, index) => this.#known.set(node, { node: stacks[index] as Node, vector: true }));
  }

  whole(node: Node): Node {
    return lift(this.#operations, this.vector(node), this.#attributes.length);
  }

  vector(node: Node): Vectorised {
    if (!this.#body.has(node)) return { node, vector: false };
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const result = this.#compute(node);
    this.#known.set(node, result);
    return result;
  }

  #compute(node: Node): Vectorised {
    const { slices, carries, length } = this.#attributes;
    const slice = slices.indexOf(node);
    if (slice >= 0) return { node: this.#inputs[carries.length + slice] as Node, vector: true };
    const inputs = node.inputs.map((input) => this.vector(input));
    const { builder } = this.#operations;
    return builder.within(node.origin, () => {
      const whole = definitionOf(node).vectorise(this.#operations, node as never, inputs, length);
      return { node: whole.label === whole.op ? builder.named(whole, node.label) : whole, vector: true };
    });
  }
}
