/** The types in which generated kernels are written. They exist for the type checker and for readers; nothing runs here. */

/**
 * A position along an axis. An enum of one member, because an element access by a plain `number` has type
 * `number | undefined` in strict projects, and kernels are cut to size by the compiler: every access is in bounds.
 * Arithmetic gives a number again; give it a name (`const previous: Index = t - 1`) to use it as a position.
 */
export declare enum Index {
  First = 0,
}

/** [X] */
export type Tensor1 = { readonly [I in Index]: number };
/** [Y, X] */
export type Tensor2 = { readonly [I in Index]: Tensor1 };
/** [Z, Y, X]; a tensor with more axes has its leading ones merged into Z. */
export type Tensor3 = { readonly [I in Index]: Tensor2 };

/** Which cell of its output a kernel computes; x runs along the last axis. */
export interface KernelThis {
  readonly thread: { readonly x: Index; readonly y: Index; readonly z: Index };
}
