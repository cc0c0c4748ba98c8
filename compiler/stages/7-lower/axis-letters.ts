/** Which letter an axis goes by, followed from the products that name theirs: so that kernels loop over b, t and h. */
import type { Node } from "../../ir/graph.ts";
import type { Regions } from "./placement.ts";

/** One letter per axis, undefined where nothing names it. */
type Letters = readonly (string | undefined)[];

export class AxisLetters {
  readonly #regions: Regions;
  readonly #known = new Map<Node, Letters>();

  constructor(regions: Regions) {
    this.#regions = regions;
  }

  of(node: Node): Letters {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    // Stands while the node's own letters are looked for, should a loop lead back here.
    this.#known.set(node, new Array<undefined>(node.shape.length).fill(undefined));
    const letters = distinct(this.#find(node));
    this.#known.set(node, letters);
    return letters;
  }

  #find(node: Node): Letters {
    const unknown: Letters = node.shape.map(() => undefined);
    const first = node.inputs[0];
    switch (node.op) {
      case "argument":
        return node.attributes.role === "input" ? node.shape.map((_, axis) => ["b", "t", "c"][axis]) : unknown;
      case "contract":
        return [...node.attributes.output];
      case "placeholder": {
        const whole = this.#regions.sliced(node);
        if (whole !== undefined) return this.of(whole).slice(1);
        const scan = this.#regions.of(node).scan;
        if (scan === undefined) return unknown;
        // By its place now: passes take carries away, and do not count the others anew.
        const { carries, nextCarries } = scan.attributes;
        return this.of(nextCarries[carries.indexOf(node)] as Node);
      }
      case "scan_output": {
        const { nextCarries, outputs } = (first as Node<"scan">).attributes;
        const { index } = node.attributes;
        if (index < nextCarries.length) return this.of(nextCarries[index] as Node);
        return ["t", ...this.of(outputs[index - nextCarries.length] as Node)];
      }
      case "broadcast": {
        const inner = this.of(first as Node);
        return node.shape.map((_, axis) => inner[node.attributes.axes.indexOf(axis)]);
      }
      case "take": {
        const [table, ids] = node.inputs as readonly [Node, Node];
        return [...this.of(ids), ...this.of(table).slice(node.attributes.batch + 1)];
      }
      case "place_rows": {
        const [values, ids] = node.inputs as readonly [Node, Node];
        const own = this.of(values);
        return [...own.slice(0, node.attributes.batch), "v", ...own.slice(ids.shape.length)];
      }
      case "transpose": {
        const inner = this.of(first as Node);
        return node.attributes.permutation.map((axis) => inner[axis]);
      }
      case "sum":
      case "max":
        return this.of(first as Node).filter((_, axis) => !node.attributes.axes.includes(axis));
      case "reshape": {
        const inner = this.of(first as Node);
        return node.shape.map((size, axis) => ((first as Node).shape[axis] === size ? inner[axis] : undefined));
      }
      default: {
        // Elementwise, slices, concatenations: the axes of the operands, the first that knows a letter says it.
        // An axis that was cut or joined is no longer the one its letter stood for.
        return node.shape.map((size, axis) =>
          node.inputs
            .filter(({ shape }) => shape.length === node.shape.length && shape[axis] === size)
            .map((operand) => this.of(operand)[axis])
            .find((letter) => letter !== undefined),
        );
      }
    }
  }
}

function distinct(letters: Letters): Letters {
  return letters.map((letter, axis) => (letters.indexOf(letter) === axis ? letter : undefined));
}
