/**
 * Which values get a buffer and which are computed again inside the kernel that reads them.
 *
 * A value is kept when computing it at every read would cost more than reading it: reductions, functions that are read
 * twice, factors of a product. What only moves cells never is.
 */
import type { Graph, Node, OpName } from "../../ir/graph.ts";
import { bodyNodes, isScan, topological } from "../../ir/graph.ts";
import { joinsAxes, movesOnly, transcendental } from "../../ops/index.ts";

/** A scan's body or the whole graph outside of all scans. */
export interface Region {
  readonly scan: Node<"scan"> | undefined;
  /** In order of execution, placeholders included. */
  readonly nodes: readonly Node[];
}

export interface Regions {
  readonly outer: Region;
  readonly bodies: ReadonlyMap<Node<"scan">, Region>;
  readonly of: (node: Node) => Region;
  /** The tensor outside of which a slice placeholder is one step. */
  readonly sliced: (placeholder: Node) => Node | undefined;
}

export function findRegions(graph: Graph): Regions {
  const outer: Region = { scan: undefined, nodes: topological(graph.outputs.map(({ node }) => node)) };
  const bodies = new Map<Node<"scan">, Region>();
  const owner = new Map<Node, Region>();
  const wholes = new Map<Node, Node>();
  for (const scan of outer.nodes.filter(isScan)) {
    const { carries, slices } = scan.attributes;
    const nodes = [...new Set([...carries, ...slices, ...bodyNodes(scan)])].sort((a, b) => a.id - b.id);
    const region: Region = { scan, nodes };
    bodies.set(scan, region);
    for (const node of nodes) owner.set(node, region);
    slices.forEach((slice, index) => wholes.set(slice, scan.inputs[carries.length + index] as Node));
  }
  return { outer, bodies, of: (node) => owner.get(node) ?? outer, sliced: (node) => wholes.get(node) };
}

/** How a value is read, seen through operations that only move cells. */
interface Reading {
  readonly reader: Node;
  /** Each cell is read more than once by this reader. */
  readonly repeated: boolean;
  /** Only part of the cells, or in another loop than where the value is made. */
  readonly partial: boolean;
  /** As the number of a row: an address can be read from a tensor, and not computed. */
  readonly isIndex: boolean;
}

const reductions: ReadonlySet<OpName> = new Set<OpName>(["contract", "sum", "max", "place_rows", "fold"]);
/** Operations that would compute an operand again for every cell they make of it. */
const recomputes: ReadonlySet<OpName> = new Set<OpName>(["contract", "place_rows"]);
/** Operations that read a cell of theirs many times. */
const repeating: ReadonlySet<OpName> = new Set<OpName>(["contract", "take", "place_rows"]);
const leaves: ReadonlySet<OpName> = new Set<OpName>(["argument", "constant", "iota", "placeholder"]);
/** Operations that give 0 or 1. */
const conditions: ReadonlySet<OpName> = new Set<OpName>([
  "less",
  "less_equal",
  "equal",
  "not_equal",
  "greater",
  "greater_equal",
]);
/** Operations that take many times longer than a multiplication. */
const costly: ReadonlySet<OpName> = new Set<OpName>([...transcendental, "divide"]);
/** Up to this many cheap operations are rather done twice than stored. */
const cheapEnough = 2;

/** Its reader would find a product's rows and columns by division, and no longer know them. */
function isJoin(node: Node): boolean {
  return node.op === "reshape" && joinsAxes(node.inputs[0].shape, node.shape);
}

/** Who reads what in a graph, whatever is stored. */
export class Readings {
  /** Every node, in order of execution. */
  readonly nodes: readonly Node[];
  readonly #direct = new Map<Node, Reading[]>();
  /** The slice placeholders that take a tensor apart. */
  readonly #slices = new Map<Node, Node[]>();

  constructor(readonly regions: Regions) {
    const all = [...regions.outer.nodes, ...[...regions.bodies.values()].flatMap(({ nodes }) => nodes)];
    for (const node of all) {
      // A scan reads its tensors where its body reads the slices of them.
      if (isScan(node)) continue;
      node.inputs.forEach((input, position) => {
        listIn(this.#direct, input).push({
          reader: node,
          repeated: repeating.has(node.op),
          partial: false,
          isIndex: node.op === "take" && position === 1,
        });
      });
    }
    for (const { scan } of regions.bodies.values()) {
      for (const slice of scan?.attributes.slices ?? []) {
        const whole = regions.sliced(slice);
        if (whole !== undefined) listIn(this.#slices, whole).push(slice);
      }
    }
    this.nodes = [...new Set(all)].sort((a, b) => a.id - b.id);
  }

  of(node: Node): readonly Reading[] {
    return this.#direct.get(node) ?? [];
  }

  slicesOf(node: Node): readonly Node[] {
    return this.#slices.get(node) ?? [];
  }
}

function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

export class Placement {
  readonly #readings: Readings;
  readonly #stored = new Set<Node>();
  readonly #cost = new Map<Node, number>();
  readonly #holdingReduction = new Set<Node>();

  /** @param forced nodes that must be stored, whatever the rules say */
  constructor(graph: Graph, readings: Readings, forced: ReadonlySet<Node>) {
    this.#readings = readings;
    const { nodes, regions } = readings;
    // What leaves a loop step by step has a buffer by nature.
    for (const { scan } of regions.bodies.values()) {
      for (const node of [...(scan?.attributes.nextCarries ?? []), ...(scan?.attributes.outputs ?? [])]) {
        if (!leaves.has(node.op)) this.#stored.add(node);
      }
    }
    for (const { node } of graph.outputs) if (!leaves.has(node.op) && node.op !== "scan_output") this.#stored.add(node);
    for (const node of forced) this.#stored.add(node);
    for (const node of nodes) {
      if (this.#holdsReduction(node)) this.#holdingReduction.add(node);
      if (!this.#stored.has(node) && this.#worthStoring(node)) this.#stored.add(node);
      this.#cost.set(node, this.#costOf(node));
    }
  }

  isStored(node: Node): boolean {
    return this.#stored.has(node);
  }

  /** What the rules made of the others stays as it is. */
  store(node: Node): void {
    this.#stored.add(node);
  }

  /** Readings through moves and through the slices of scans. */
  #effective(node: Node): Reading[] {
    const { regions } = this.#readings;
    const direct = [...this.#readings.of(node)];
    for (const slice of this.#readings.slicesOf(node)) {
      direct.push(...this.#effective(slice).map((reading) => ({ ...reading, partial: true })));
    }
    return direct.flatMap((reading) => {
      const { reader } = reading;
      if (!movesOnly.has(reader.op) && reader.op !== "stop_gradient") {
        const crosses = regions.of(reader) !== regions.of(node);
        return [{ ...reading, partial: reading.partial || crosses }];
      }
      if (this.#stored.has(reader)) return [reading];
      return this.#effective(reader).map((inner) => ({
        reader: inner.reader,
        isIndex: inner.isIndex,
        repeated: reading.repeated || inner.repeated || reader.op === "broadcast" || reader.op === "unfold",
        partial: reading.partial || inner.partial || reader.op === "slice" || isJoin(reader),
      }));
    });
  }

  #worthStoring(node: Node): boolean {
    if (leaves.has(node.op) || movesOnly.has(node.op) || isScan(node) || node.op === "scan_output") return false;
    const readings = this.#effective(node);
    return readings.some(({ isIndex }) => isIndex) || (readings.length > 0 && this.#paysToStore(node, readings));
  }

  #paysToStore(node: Node, readings: readonly Reading[]): boolean {
    const [only] = readings;
    const once = readings.length === 1 && only?.repeated === false;
    if (this.#holdingReduction.has(node)) {
      // One reader that reads every cell once may finish the reduction itself: an epilogue.
      return !(once && only?.partial === false && !reductions.has(only.reader.op) && only.reader.op !== "concat");
    }
    // Whoever looks for the largest compares it with what it is the largest of: on every backend that must be one number,
    // and computed twice it may be rounded twice.
    const isNumber = !conditions.has(node.op) && this.#costOf(node) > 0;
    if (isNumber && readings.length > 1 && readings.some((reading) => this.#leadsToMax(reading))) return true;
    if (node.op === "concat") return readings.length > 1 || readings.some(({ reader }) => reductions.has(reader.op));
    if (once) return false;
    const cost = this.#costOf(node);
    return cost > cheapEnough || readings.some(({ reader }) => recomputes.has(reader.op) && cost > 0);
  }

  #leadsToMax({ reader }: Reading): boolean {
    if (reader.op !== "select" || this.#stored.has(reader)) return reader.op === "max";
    return this.#effective(reader).some((reading) => this.#leadsToMax(reading));
  }

  /** Its operands have been asked before it. */
  #holdsReduction(node: Node): boolean {
    return reductions.has(node.op) || this.#inlinedInputs(node).some((input) => this.#holdingReduction.has(input));
  }

  #inlinedInputs(node: Node): Node[] {
    if (leaves.has(node.op) || node.op === "scan_output" || isScan(node)) return [];
    return node.inputs.filter((input) => !this.#stored.has(input));
  }

  /** Operations one cell takes, counting what is inlined. */
  #costOf(node: Node): number {
    if (leaves.has(node.op) || isScan(node) || node.op === "scan_output") return 0;
    const own = movesOnly.has(node.op) || node.op === "stop_gradient" ? 0 : costly.has(node.op) ? 8 : 1;
    return this.#inlinedInputs(node).reduce((total, input) => total + (this.#cost.get(input) ?? 0), own);
  }
}
