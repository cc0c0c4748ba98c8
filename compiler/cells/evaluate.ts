/** Equations as primitives. Numbers stay numbers until a tensor needs them, so what keys alone decide is computed here. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { Equation, Expression } from "./define.ts";
import { cellFunction } from "./functions.ts";
import { sharedProducts } from "./shared-products.ts";
import type { SharedProducts } from "./shared-products.ts";

/** A number, or a tensor: `[]`, `[n]` or `[m, n]`, behind the leading axes if it varies. */
export type Value = number | Tensor;

export interface Tensor {
  readonly node: Node;
  readonly rank: number;
  /** Whether the leading axes (batch, for pointwise layers perhaps time) are there. */
  readonly varies: boolean;
  /** Whether it depends on a state, so that it cannot be computed for all steps at once. */
  readonly late: boolean;
}

export interface Setting {
  readonly operations: Operations;
  /** Numbers of the keys and of `input`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Sizes of the leading axes of what varies: `[B]`, or `[B, T]`. */
  readonly leading: readonly number[];
  readonly parameters: ReadonlyMap<string, Node>;
}

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

export class Evaluation {
  readonly #o: Operations;
  readonly #setting: Setting;
  readonly #values = new Map<string, Value>();
  readonly #shared: SharedProducts;
  /** Products of several parameters with one vector, by its name. */
  readonly #products = new Map<string, Node>();

  constructor(setting: Setting, equations: readonly Equation[]) {
    this.#setting = setting;
    this.#o = setting.operations;
    for (const [name, size] of Object.entries(setting.sizes)) this.#values.set(name, size);
    for (const [name, node] of setting.parameters) {
      this.#values.set(name, { node, rank: node.shape.length, varies: false, late: false });
    }
    this.#shared = sharedProducts(equations, setting.parameters);
  }

  define(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  run(equations: readonly Equation[]): void {
    for (const { targets, value } of equations) {
      const found = targets.length === 1 ? [this.of(value)] : this.#split(targets.length, value as Of<"call">);
      targets.forEach(({ name }, index) => {
        const part = found[index] as Value;
        if (typeof part !== "number" && isComputed(part.node)) this.#o.builder.named(part.node, name.replace("'", ""));
        this.#values.set(name, part);
      });
    }
  }

  /** A vector for every example (and step), `[...leading, n]`, also where it is the same for all. */
  vector(expression: Expression, size: number): Node {
    const { leading } = this.#setting;
    const value = this.of(expression);
    const shape = [...leading, size];
    if (typeof value === "number") return this.#o.constant(value, shape);
    return value.varies ? value.node : this.#o.broadcast(value.node, shape, [leading.length]);
  }

  of(expression: Expression): Value {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "name":
        return this.#values.get(expression.name) as Value;
      case "negate":
        return this.#elementwise(
          [this.of(expression.operand)],
          ([x]) => this.#o.negate(x as Node),
          (x) => -x,
        );
      case "binary":
        return this.#binary(expression);
      case "call":
        return this.#call(expression);
      case "rows":
        return this.#rows(expression);
    }
  }

  #binary(expression: Of<"binary">): Value {
    const { operator, left, right } = expression;
    if (operator === "+" || operator === "-") return this.#sum(expression);
    if (operator === "@") return this.#product(left, right);
    const operands = [this.of(left), this.of(right)] as const;
    const o = this.#o;
    if (operator === "^") return this.#power(...operands);
    if (operator === "*") {
      return this.#elementwise(
        operands,
        ([x, y]) => o.multiply(x as Node, y as Node),
        (x, y) => x * y,
      );
    }
    return this.#elementwise(
      operands,
      ([x, y]) => o.divide(x as Node, y as Node),
      (x, y) => x / y,
    );
  }

  /** What no state reaches is added up first: it is computed for all steps at once. */
  #sum(expression: Expression): Value {
    const terms: { value: Value; sign: 1 | -1 }[] = [];
    const collect = (part: Expression, sign: 1 | -1): void => {
      if (part.kind !== "binary" || (part.operator !== "+" && part.operator !== "-")) {
        terms.push({ value: this.of(part), sign });
        return;
      }
      collect(part.left, sign);
      collect(part.right, part.operator === "-" ? (-sign as 1 | -1) : sign);
    };
    collect(expression, 1);
    const isLate = ({ value }: (typeof terms)[number]): boolean => typeof value !== "number" && value.late;
    const ordered = [...terms.filter((term) => !isLate(term)), ...terms.filter(isLate)];
    // Begin with a term that is added, so that nothing has to be negated.
    const start = Math.max(
      0,
      ordered.findIndex(({ sign }) => sign === 1),
    );
    const [first, ...rest] = [...ordered.splice(start, 1), ...ordered];
    const o = this.#o;
    const begin = first as (typeof terms)[number];
    let total =
      begin.sign === 1
        ? begin.value
        : this.#elementwise(
            [begin.value],
            ([x]) => o.negate(x as Node),
            (x) => -x,
          );
    for (const { value, sign } of rest) {
      total =
        sign === 1
          ? this.#elementwise(
              [total, value],
              ([x, y]) => o.add(x as Node, y as Node),
              (x, y) => x + y,
            )
          : this.#elementwise(
              [total, value],
              ([x, y]) => o.subtract(x as Node, y as Node),
              (x, y) => x - y,
            );
    }
    return total;
  }

  #power(base: Value, exponent: Value): Value {
    const o = this.#o;
    const whole = typeof exponent === "number" && Number.isInteger(exponent) ? Math.abs(exponent) : 0;
    // Products are exact for negative bases, and cheaper.
    if (typeof exponent === "number" && whole >= 1 && whole <= 4) {
      const power = ([x]: readonly Node[]): Node => {
        const product = new Array<Node>(whole).fill(x as Node).reduce((left, right) => o.multiply(left, right));
        return exponent > 0 ? product : o.divide(o.constant(1), product);
      };
      return this.#elementwise([base], power, (x) => x ** exponent);
    }
    if (exponent === 0.5) return this.#elementwise([base], ([x]) => o.sqrt(x as Node), Math.sqrt);
    return this.#elementwise(
      [base, exponent],
      ([x, y]) => o.power(x as Node, y as Node),
      (x, y) => x ** y,
    );
  }

  #call({ name, operands }: Of<"call">): Value {
    const definition = cellFunction(name);
    if (!definition) throw new RangeError(`${name} passed the check without a definition`);
    const values = operands.map((operand) => this.of(operand));
    if (definition.elementwise) {
      return this.#elementwise(values, (nodes) => definition.build(this.#o, nodes));
    }
    const tensors = values.map((value) => this.#tensor(value));
    const varies = tensors.some((tensor) => tensor.varies);
    const nodes = tensors.map((tensor) => {
      const node = varies ? this.#spread(tensor, tensor.rank) : tensor.node;
      // Beside vectors, a number is a vector of one.
      return tensor.rank === 0 ? this.#o.reshape(node, [...node.shape, 1]) : node;
    });
    const node = definition.build(this.#o, nodes);
    const rank = node.shape.length - (varies ? this.#setting.leading.length : 0);
    return { node, rank, varies, late: tensors.some((tensor) => tensor.late) };
  }

  #rows({ operand, start, stop }: Of<"rows">): Value {
    const tensor = this.#tensor(this.of(operand));
    const axis = tensor.varies ? this.#setting.leading.length : 0;
    const first = start ? (this.of(start) as number) : 0;
    const end = stop ? (this.of(stop) as number) : (tensor.node.shape[axis] as number);
    return { ...tensor, node: this.#o.slice(tensor.node, axis, first, end) };
  }

  #split(count: number, { operands }: Of<"call">): readonly Value[] {
    const tensor = this.#tensor(this.of(operands[0] as Expression));
    const axis = tensor.node.shape.length - 1;
    const size = (tensor.node.shape[axis] as number) / count;
    return Array.from({ length: count }, (_, part) => ({
      ...tensor,
      node: this.#o.slice(tensor.node, axis, part * size, (part + 1) * size),
    }));
  }

  #product(left: Expression, right: Expression): Value {
    const vector = this.#tensor(this.of(right));
    const together = this.#sharedProduct(left, right, vector);
    if (together) return together;
    const matrix = this.#tensor(this.of(left));
    const leading = "btuv".slice(0, this.#setting.leading.length);
    const labels = (tensor: Tensor, own: string): string => `${tensor.varies ? leading : ""}${own}`;
    const varies = matrix.varies || vector.varies;
    const [leftOwn, rightOwn] = [matrix.rank === 2 ? "mk" : "k", vector.rank === 2 ? "kn" : "k"];
    const result = `${varies ? leading : ""}${leftOwn.slice(0, -1)}${rightOwn.slice(1)}`;
    // The varying side first: its rows are those of the product.
    const node = vector.varies
      ? this.#o.contract(`${labels(vector, rightOwn)},${labels(matrix, leftOwn)}->${result}`, vector.node, matrix.node)
      : this.#o.contract(`${labels(matrix, leftOwn)},${labels(vector, rightOwn)}->${result}`, matrix.node, vector.node);
    return { node, rank: matrix.rank + vector.rank - 2, varies, late: matrix.late || vector.late };
  }

  /** The matrices that one vector is multiplied by, as one matrix: one large product in place of several small ones. */
  #sharedProduct(left: Expression, right: Expression, vector: Tensor): Tensor | undefined {
    if (left.kind !== "name" || right.kind !== "name" || !vector.varies || vector.rank !== 1) return undefined;
    const group = this.#shared.get(right.name);
    const place = group?.find(({ parameter }) => parameter === left.name);
    if (!group || !place) return undefined;
    const known = this.#products.get(right.name);
    const product =
      known ??
      this.#productOfAll(
        vector,
        group.map(({ parameter }) => parameter),
        right.name,
      );
    this.#products.set(right.name, product);
    const node = this.#o.slice(product, this.#setting.leading.length, place.start, place.stop);
    return { node, rank: 1, varies: true, late: vector.late };
  }

  #productOfAll(vector: Tensor, parameters: readonly string[], name: string): Node {
    const o = this.#o;
    const matrices = parameters.map((parameter) => this.#setting.parameters.get(parameter) as Node);
    const weight = o.builder.named(o.concat(matrices, 0), `weights_of_${name.replace("'", "")}`);
    const leading = "btuv".slice(0, this.#setting.leading.length);
    const product = o.contract(`${leading}k,mk->${leading}m`, vector.node, weight);
    return o.builder.named(product, `products_of_${name.replace("'", "")}`);
  }

  #elementwise(
    values: readonly Value[],
    build: (nodes: readonly Node[]) => Node,
    compute?: (...numbers: number[]) => number,
  ): Value {
    if (compute && values.every((value) => typeof value === "number")) {
      const number = compute(...values);
      // What float32 cannot hold is left to be computed, and found, where the model runs.
      if (Number.isFinite(Math.fround(number))) return number;
    }
    const tensors = values.map((value) => this.#tensor(value));
    const rank = Math.max(...tensors.map((tensor) => tensor.rank));
    const varies = tensors.some((tensor) => tensor.varies);
    const nodes = tensors.map((tensor) => (tensor.varies ? this.#spread(tensor, rank, tensors) : tensor.node));
    return { node: build(nodes), rank, varies, late: tensors.some((tensor) => tensor.late) };
  }

  #tensor(value: Value): Tensor {
    return typeof value === "number" ? { node: this.#o.constant(value), rank: 0, varies: false, late: false } : value;
  }

  /** With the leading axes, and a number repeated where a vector is wanted; operations align the rest at the last axis. */
  #spread(tensor: Tensor, rank: number, others: readonly Tensor[] = []): Node {
    const { leading } = this.#setting;
    const own = tensor.node.shape.slice(tensor.node.shape.length - tensor.rank);
    if (!tensor.varies) {
      return this.#o.broadcast(
        tensor.node,
        [...leading, ...own],
        own.map((_, axis) => axis + leading.length),
      );
    }
    if (tensor.rank === rank) return tensor.node;
    const wide = others.find((other) => other.rank === rank) as Tensor;
    const size = wide.node.shape[wide.node.shape.length - 1] as number;
    return this.#o.broadcast(
      tensor.node,
      [...leading, size],
      leading.map((_, axis) => axis),
    );
  }
}

/** Whether it may bear a name of the equations: what comes from elsewhere has one already. */
function isComputed(node: Node): boolean {
  return node.op !== "argument" && node.op !== "placeholder" && node.op !== "constant";
}
