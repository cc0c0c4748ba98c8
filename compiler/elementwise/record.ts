/**
 * What is known of an operation on numbers one by one: its meaning, its derivative, its text in every target. All of it stands
 * in one record, so that graphs, programs and targets take a new one as they find it.
 */

type OfOne<Value> = (x: Value) => Value;
type OfTwo<Value> = (left: Value, right: Value) => Value;

/**
 * In which derivatives and forms are written, whatever a value is: a node of a graph, the text of a kernel, a value of a plan.
 * These are the operations that every target has for itself.
 */
export interface Algebra<Value> {
  /** @param like of whose shape; a number that repeats where it is left out */
  readonly constant: (value: number, like?: Value) => Value;
  readonly negate: OfOne<Value>;
  readonly exp: OfOne<Value>;
  readonly log: OfOne<Value>;
  readonly sqrt: OfOne<Value>;
  readonly abs: OfOne<Value>;
  readonly sign: OfOne<Value>;
  readonly floor: OfOne<Value>;
  readonly add: OfTwo<Value>;
  readonly subtract: OfTwo<Value>;
  readonly multiply: OfTwo<Value>;
  readonly divide: OfTwo<Value>;
  readonly maximum: OfTwo<Value>;
  readonly minimum: OfTwo<Value>;
  readonly less: OfTwo<Value>;
  readonly equal: OfTwo<Value>;
  readonly greater: OfTwo<Value>;
  readonly select: (condition: Value, whenTrue: Value, whenFalse: Value) => Value;
}

/** In which derivatives are written. */
export interface Derivation<Value> extends Algebra<Value> {
  readonly power: OfTwo<Value>;
  readonly isConstant: (value: Value) => boolean;
}

/** In which an operation is made of others. */
export interface Composition<Value> extends Algebra<Value> {
  /** For what is needed more than once: what a reader would call it. */
  readonly named: (wish: string, value: Value) => Value;
}

/** In which the text of a kernel is made. */
export interface KernelText<Value> extends Composition<Value> {
  readonly call: (name: string, ...operands: readonly Value[]) => Value;
}

/** Which operands tests may take: `positive` ones alone, or `signed` ones too (none of them close to 0). */
export type Domain = "positive" | "signed";

interface ElementwiseRecord {
  /** What its value is called where nothing gave it a name, in camelCase. */
  readonly noun: string;
  /** It takes many times longer than a multiplication: it is rather kept than computed again. */
  readonly isCostly?: true;
}

/** Four at a time: an instruction, or a function of the wasm target's `lib/math.ts`, and what it takes in vector additions. */
export interface LaneText {
  readonly text: string;
  readonly cost: number;
}

/**
 * How targets say it: by what they have for it, or else by the form. JavaScript's text (`Math.exp`, `-`, or a function that
 * makes it) is taken by shading languages too, which differ at the edges: say there what they cannot be trusted with.
 */
type Told<Form, Kernel> =
  | { readonly form: Form; readonly kernel?: undefined; readonly lanes?: LaneText }
  | { readonly form: Form; readonly kernel: Kernel; readonly lanes?: undefined }
  | { readonly form?: undefined; readonly kernel: Kernel; readonly lanes: LaneText };

export type UnaryRecord = ElementwiseRecord & {
  readonly domain?: Domain;
  /** In float64. */
  readonly value: (x: number) => number;
  /** Cotangent of x, given y = f(x) and the cotangent of y; undefined where the derivative is 0. */
  readonly adjoint: <Value>(
    o: Derivation<Value>,
    node: { readonly x: Value; readonly y: Value },
    cotangent: Value,
  ) => Value | undefined;
  /** Its text in a kernel is long: its value gets a name. */
  readonly isLong?: true;
} & Told<
    <Value>(o: Composition<Value>, x: Value) => Value,
    string | { readonly prefix: "-" } | (<Value>(o: KernelText<Value>, x: Value) => Value)
  >;

export type BinaryRecord = ElementwiseRecord & {
  readonly domains?: readonly [Domain, Domain];
  readonly value: (left: number, right: number) => number;
  readonly adjoint: <Value>(
    o: Derivation<Value>,
    node: { readonly left: Value; readonly right: Value; readonly result: Value },
    cotangent: Value,
  ) => readonly [Value | undefined, Value | undefined];
} & Told<
    <Value>(o: Composition<Value>, left: Value, right: Value) => Value,
    | string
    | { readonly infix: "+" | "-" | "*" | "/" }
    /** `constant` is the value of the right operand where it is one. */
    | (<Value>(
        o: KernelText<Value>,
        operands: { readonly left: Value; readonly right: Value; readonly constant: number | undefined },
      ) => Value)
  >;

/** Has the value 1 where it holds, 0 elsewhere. */
export interface ComparisonRecord {
  readonly holds: (left: number, right: number) => boolean;
  readonly kernel: string;
  /** An instruction that makes a mask of four lanes. */
  readonly lanes: string;
}
