/**
 * What values are called. Layers say it of most; a value that nobody has named is called by what it is for: by its role in
 * what is made of it, `weights_gradient_factor`.
 */
import type { Node, OpName } from "../../ir/graph.ts";
import { isScan } from "../../ir/graph.ts";
import { movesOnly } from "../../ops/index.ts";
import type { Regions } from "./placement.ts";
import { camelCase } from "./naming.ts";

interface Use {
  readonly reader: Node;
  readonly role: string;
}

const roles: { readonly [O in OpName]?: readonly string[] } = {
  add: ["term"],
  subtract: ["minuend", "subtrahend"],
  multiply: ["factor"],
  contract: ["factor"],
  divide: ["numerator", "denominator"],
  power: ["base", "exponent"],
  select: ["condition", "case"],
  concat: ["part"],
  sum: ["terms"],
  max: ["candidates"],
  maximum: ["candidate"],
  minimum: ["candidate"],
  place_rows: ["rows", "places"],
  take: ["table", "places"],
};

export class ValueNames {
  readonly #uses = new Map<Node, Use[]>();
  readonly #known = new Map<Node, string>();

  constructor(regions: Regions) {
    const nodes = [...regions.outer.nodes, ...[...regions.bodies.values()].flatMap((region) => region.nodes)];
    for (const node of nodes) {
      if (isScan(node)) this.#readByScan(node);
      else node.inputs.forEach((input, position) => this.#add(input, node, roleAt(node.op, position)));
    }
  }

  /** `hidden_state`. */
  of(node: Node): string {
    if (isNamed(node)) return node.label;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const label = node.op === "constant" ? constantLabel(node.attributes.value) : (this.#byUse(node) ?? node.op);
    this.#known.set(node, label);
    return label;
  }

  /** With its layer and part: `encoderHiddenState`. A constant belongs to nobody. */
  wholeOf(node: Node): string {
    const { layer, part = "" } = node.origin;
    const label = this.of(node);
    if (node.op === "constant") return camelCase(label);
    // The output of a part may be called after it: `norm1`.
    return `${label}_`.startsWith(`${part}_`) ? camelCase(layer, label) : camelCase(layer, part, label);
  }

  #readByScan(scan: Node<"scan">): void {
    const { carries, slices, nextCarries } = scan.attributes;
    carries.forEach((carry, index) => {
      this.#add(scan.inputs[index] as Node, carry, "initial");
      this.#add(nextCarries[index] as Node, carry, "next");
    });
    slices.forEach((slice, index) => this.#add(scan.inputs[carries.length + index] as Node, slice, ""));
  }

  #add(node: Node, reader: Node, role: string): void {
    const uses = this.#uses.get(node);
    if (uses === undefined) this.#uses.set(node, [{ reader, role }]);
    else uses.push({ reader, role });
  }

  /** The nearest value that has a name and is made of this one, and what this one is to it. */
  #byUse(node: Node): string | undefined {
    const seen = new Set([node]);
    let front: readonly Use[] = this.#uses.get(node) ?? [];
    while (front.length > 0) {
      const named = front.find(({ reader }) => isNamed(reader));
      if (named !== undefined) return inRole(named.reader, named.role);
      const next: Use[] = [];
      for (const { reader, role } of front) {
        if (seen.has(reader)) continue;
        seen.add(reader);
        // What only moves cells, leaves them what they are.
        for (const use of this.#uses.get(reader) ?? []) next.push({ ...use, role: role === "" ? use.role : role });
      }
      front = next;
    }
    return undefined;
  }
}

function isNamed(node: Node): boolean {
  return node.label !== node.op && node.op !== "constant";
}

function constantLabel(value: number): string {
  return value === 0 ? "zeros" : value === 1 ? "ones" : "constant";
}

function roleAt(op: OpName, position: number): string {
  if (movesOnly.has(op)) return "";
  const known = roles[op] ?? ["argument"];
  return known[Math.min(position, known.length - 1)] as string;
}

/** `initial_cell_state`, `weights_gradient_factor`. */
function inRole({ label }: Node, role: string): string {
  if (role === "initial" || role === "next")
    return label.replace(/^(previous|carried)_/, role === "next" ? "" : "initial_");
  return role === "" ? label : `${label}_${role}`;
}
