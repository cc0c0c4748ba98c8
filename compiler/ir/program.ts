/**
 * The program: buffers, kernels and a schedule with real loops over time. The one form every target prints.
 *
 * A kernel says: for every output cell, this scalar expression (perhaps with a reduction). Its parameters are tensors;
 * a step of the schedule binds them to buffers. Nothing here knows what a layer is; `origin` is only a label for readers.
 */
import type { DType } from "@specloom/runtime/internal/contract";
import type { BinaryOperation, CompareOperation, UnaryOperation } from "../elementwise/index.ts";

/** What a target can take. A program is made for those that print it. */
export interface TargetLimits {
  /** Tensors that one kernel reads, at most. */
  readonly kernelTensors: number;
}

export type BufferRole = "input" | "parameter" | "state" | "scalar" | "random" | "intermediate";

export interface Buffer {
  /** Unique in its program, a valid identifier in camelCase, readable: `encoderGates`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly role: BufferRole;
  /**
   * `whole`: one tensor, written by one step. `steps`: axis 0 is time; a loop writes one slot (of rank - 1) per iteration,
   * and initial slots are written before the loop. A `steps` buffer may also be read whole, after its loop.
   */
  readonly storage: "whole" | "steps";
  /** For arguments (role other than intermediate): the outside name, `encoder.weight_ih_l0` or `series`. */
  readonly external?: string;
  /** For a reader: the layer that made it (`encoder`) and what it is (`hidden state, slot t + 1 after step t`). */
  readonly origin: Origin;
}

export interface Origin {
  readonly phase: "forward" | "loss" | "backward" | "clip" | "update";
  /** Layer, loss or optimizer name. */
  readonly layer: string;
  /** Of a layer. */
  readonly kind?: string | undefined;
  /** Where a layer has several that are alike: which of its parts, `l1_reverse`. */
  readonly part?: string | undefined;
  readonly note: string;
}

/** One slot of a `steps` buffer: `scale * variable + offset`; without `variable` the constant slot `offset`. */
export interface Slot {
  readonly variable?: string;
  readonly scale: 1 | -1;
  readonly offset: number;
}

/** What a kernel parameter is bound to: a whole buffer, or one slot (then the kernel sees rank - 1 axes). */
export interface Access {
  readonly buffer: Buffer;
  readonly slot?: Slot;
}

export interface KernelParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface Kernel {
  /** Unique in its program, a valid identifier in camelCase. */
  readonly name: string;
  readonly parameters: readonly KernelParameter[];
  /** Names of loop variables the body uses as numbers (`t`), in order; each is an extra scalar argument. */
  readonly variables: readonly string[];
  /** Shape of the output ([] is one cell) and one index name per axis, outermost first. */
  readonly output: readonly number[];
  readonly indices: readonly string[];
  readonly body: Expression;
  readonly origin: Origin;
}

export interface RunStep {
  readonly kind: "run";
  readonly kernel: Kernel;
  /** One per kernel parameter. */
  readonly inputs: readonly Access[];
  /** One per kernel variable, the name of an enclosing loop's variable. */
  readonly variables: readonly string[];
  readonly output: Access;
}

/** `for (variable = start; variable != end; variable += stride) body`; a step reads only slots written earlier. */
export interface LoopStep {
  readonly kind: "loop";
  readonly variable: string;
  readonly start: number;
  readonly end: number;
  readonly stride: 1 | -1;
  readonly body: readonly Step[];
  readonly origin: Origin;
}

export type Step = RunStep | LoopStep;

export interface Program {
  readonly name: string;
  /** Arguments first (role other than intermediate), then intermediates in order of first write. */
  readonly buffers: readonly Buffer[];
  /** Distinct kernels in order of first use. */
  readonly kernels: readonly Kernel[];
  readonly schedule: readonly Step[];
  /** Outside name (`loss`, `forecast`, `encoder.weight_ih_l0`, `encoder.weight_ih_l0#exp_avg`) -> buffer. */
  readonly results: readonly { readonly name: string; readonly buffer: Buffer }[];
}

/** A scalar expression. Shared nodes are shared work: a printer gives a node that is used twice a name of its own. */
export type Expression = ExpressionForm & Labelled;

export interface Labelled {
  /** What a reader would call the value (`forgetGate`); a printer that must name it takes this. */
  readonly label?: string;
}

export type ExpressionForm =
  | { readonly kind: "number"; readonly value: number }
  /** An index or loop variable, as a number. */
  | { readonly kind: "position"; readonly index: IndexExpression }
  | { readonly kind: "load"; readonly parameter: number; readonly indices: readonly IndexExpression[] }
  | { readonly kind: "unary"; readonly operation: UnaryOperation; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operation: BinaryOperation;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Loads in the branch not taken are in bounds all the same. */
  | {
      readonly kind: "select";
      readonly condition: Condition;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    }
  /** sum starts at 0, max at the first element. `index` is bound in `body` and runs over 0 .. extent - 1. */
  | {
      readonly kind: "reduce";
      readonly operation: "sum" | "max";
      readonly index: string;
      readonly extent: number;
      readonly body: Expression;
    };

export interface Condition {
  readonly operation: CompareOperation;
  readonly left: Expression;
  readonly right: Expression;
}

/** Integer arithmetic on index names; `divide` rounds down, operands are never negative. */
export type IndexExpression =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "add"; readonly left: IndexExpression; readonly right: IndexExpression }
  | { readonly kind: "scale"; readonly of: IndexExpression; readonly by: number }
  | { readonly kind: "divide"; readonly of: IndexExpression; readonly by: number }
  | { readonly kind: "modulo"; readonly of: IndexExpression; readonly by: number }
  /** Limits to low .. high (inclusive), for loads in the branch of a select that is not taken. */
  | { readonly kind: "clamp"; readonly of: IndexExpression; readonly low: number; readonly high: number }
  | LoadedIndex;

/**
 * The whole number that a tensor holds at `indices`: 0 .. below - 1, which those who fill the tensor see to. In a kernel `from`
 * is one of its parameters; a target that has bound kernels to buffers puts the access there, and one flat index behind it.
 */
export interface LoadedIndex {
  readonly kind: "loaded";
  readonly from: number | Access;
  readonly indices: readonly IndexExpression[];
  readonly below: number;
}
