/** A tensor of a data file, whatever the format of the file. */

/** Row-major numbers; first axis: examples. */
export interface FileTensor {
  readonly shape: readonly number[];
  /** `real` and `whole` are what safetensors says; JSON numbers are either, whatever they are used as. */
  readonly numbers: "real" | "whole" | "either";
  /** Whether they are whole numbers: by their type, or, where they are either, each of them. */
  areWhole(): boolean;
  /**
   * Writes all numbers into `target`, stretch by stretch, so that no second copy of them is needed.
   * @param target as many float32 as the shape has
   * @param see is shown each stretch as the file has it, and where it starts
   * @throws Problem `tensor-dtype` for a type that holds no numbers of ours
   */
  readInto(target: Float32Array, see: (numbers: ArrayLike<number>, start: number) => void): Promise<void>;
}
