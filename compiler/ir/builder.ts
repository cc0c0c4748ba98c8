/** Makes nodes. Equal work becomes one node (hash-consing), except scans, whose placeholders are their own. */
import type { DType } from "@specloom/runtime/internal/contract";
import type { Node, OpAttributes, OpName } from "./graph.ts";
import type { Origin } from "./program.ts";

export interface NodeRequest<O extends OpName> {
  readonly op: O;
  readonly inputs: readonly Node[];
  readonly attributes: OpAttributes[O];
  readonly shape: readonly number[];
  readonly dtype?: DType;
  readonly label?: string;
  readonly origin?: Origin;
}

export class GraphBuilder {
  #nextId = 0;
  #nextScan = 0;
  #origin: Origin = { phase: "forward", layer: "", note: "" };
  readonly #known = new Map<string, Node>();

  /** Everything built inside `work` says it comes from here. */
  within<Result>(origin: Origin, work: () => Result): Result {
    const outer = this.#origin;
    this.#origin = origin;
    try {
      return work();
    } finally {
      this.#origin = outer;
    }
  }

  /** Everything built inside `work` says which part of its layer it is. */
  inPart<Result>(part: string, work: () => Result): Result {
    return this.within({ ...this.#origin, part }, work);
  }

  get origin(): Origin {
    return this.#origin;
  }

  scanIdentifier(): number {
    return this.#nextScan++;
  }

  make<O extends OpName>(request: NodeRequest<O>): Node<O> {
    const { op, inputs, attributes, shape } = request;
    const key =
      op === "scan"
        ? undefined
        : `${op}(${inputs.map((input) => input.id).join(",")})${JSON.stringify(attributes)}[${shape.join(",")}]`;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known as Node<O>;
    const node = {
      id: this.#nextId++,
      op,
      inputs,
      attributes,
      shape,
      dtype: request.dtype ?? "float32",
      label: request.label ?? op,
      origin: request.origin ?? this.#origin,
    } as Node;
    if (key !== undefined) this.#known.set(key, node);
    return node as Node<O>;
  }

  /** The same node under a better name (and as part of another layer), for readers of the generated code. */
  named(node: Node, label: string, origin: Origin = node.origin): Node {
    return Object.assign(node, { label, origin });
  }
}
