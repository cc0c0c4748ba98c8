/** What layers are told and tell of the tensors around them: those that enter a model, pass in it and are kept. */
import type { DType, Initializer, StatisticDType } from "@specloom/runtime/internal/contract";

/** One named tensor that enters the model with each batch. Shape without the batch axis. */
export interface ModelInput {
  readonly name: string;
  readonly role: "input" | "target";
  readonly shape: readonly number[];
  /** One letter or word per axis of `shape`, for legends: `["T", "C"]`. */
  readonly axes: readonly string[];
  readonly dtype: DType;
  /** Size of the vocabulary or number of classes of an int32 tensor, where known: values must lie below it. */
  readonly vocabulary?: number;
  /** Least and largest number that a data file may hold for it, where a loss means no others. */
  readonly range?: readonly [least: number, largest: number];
  /** With lengths, a companion int32 tensor `<name>.lengths` [B] arrives too; axis 0 of `shape` is then time. */
  readonly lengths: boolean;
  /** A target of which some values are not known: NaN in a call, a companion mask `<name>.mask` in the programs. */
  readonly mayBeMissing?: true;
  readonly pointer: string;
  /** Layers read it, but none that an output depends on: predictions do without it. */
  readonly trainingOnly?: true;
  /** Its shape cannot be told, which has been reported: what reads it stays silent, and no model comes out. */
  readonly unknown?: true;
}

/** A tensor that is kept from step to step, named and laid out as PyTorch's `state_dict` would have it. */
export interface ParameterFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Not changed by the optimizer. */
  readonly frozen: boolean;
  /** Of what training renews without a gradient (PyTorch: buffers), the dtype in files; else undefined. Always frozen. */
  readonly statistic?: StatisticDType;
  /** Name of the layer that owns it. */
  readonly layer: string;
}

/** A tensor between layers, without the batch axis. `time` says whether axis 0 is time (so that lengths mask it). */
export interface LayerShape {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly time: boolean;
  /** `int32` on whole numbers, as inputs can hold them; else absent, for what layers compute is float32. */
  readonly dtype?: DType;
  /** Of whole numbers: they lie in 0 .. vocabulary - 1, where that is known. */
  readonly vocabulary?: number;
}
