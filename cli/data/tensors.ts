/** Data of kind `tensors`: one file split in its order, or a file per part. */
import type { DType, InputFact } from "@specloom/runtime/internal/contract";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem } from "@specloom/runtime/internal/problem";
import { shapeText } from "@specloom/runtime/internal/tensor";
import { checkIndex, type Dataset, type Examples } from "./dataset.ts";
import type { FileReader } from "./byte-source.ts";
import type { PartName, Split, TensorsSection } from "@specloom/runtime/internal/contract-data";
import { arrange, moveExamples } from "./arrange.ts";
import { lengthOf, type RowRange } from "./split.ts";
import { checkTensors, listText, type CheckedTensors } from "./tensor-check.ts";
import { readTensorFile, type TensorFile } from "./tensor-file.ts";
import { countOf } from "./wording.ts";

const ALL_TRAINING: Split = { train: 1, validation: 0, test: 0 };

class TensorExamples implements Examples {
  readonly count: number;
  readonly #all: CheckedTensors;
  readonly #start: number;

  constructor(all: CheckedTensors, range: RowRange) {
    this.count = lengthOf(range);
    this.#all = all;
    this.#start = range.start;
  }

  /** Views of the file's tensors. */
  get tensors(): Record<string, Float32Array> {
    return this.#each((values, size) => values.subarray(this.#start * size, (this.#start + this.count) * size));
  }

  select(indices: ArrayLike<number>): Record<string, Float32Array> {
    for (const index of Array.from(indices)) checkIndex(index, this.count);
    return this.#each((values, size) => {
      const selected = new Float32Array(indices.length * size);
      for (let position = 0; position < indices.length; position += 1) {
        const from = (this.#start + (indices[position] ?? 0)) * size;
        selected.set(values.subarray(from, from + size), position * size);
      }
      return selected;
    });
  }

  #each(of: (values: Float32Array, size: number) => Float32Array): Record<string, Float32Array> {
    return Object.fromEntries(
      Object.entries(this.#all.tensors).map(([name, values]) => [
        name,
        of(values, memberOf(this.#all.sizes, name) ?? 1),
      ]),
    );
  }
}

/**
 * A part with a file of its own is all of that file; the compiler allows no split beside further files.
 * @param ignored per target: the class its loss skips
 * @throws Problem or Problems about a file, its tensors or the split
 */
export async function loadTensors(
  section: TensorsSection,
  inputs: readonly InputFact[],
  files: FileReader,
  ignored: Readonly<Record<string, number>>,
): Promise<Dataset> {
  const notes: string[] = [];
  const { group } = section.split ?? {};
  const load = async (path: string): Promise<CheckedTensors & { readonly file: TensorFile }> => {
    const file = await readTensorFile(path, files);
    const checked = await checkTensors(file, inputs, ignored);
    const unread = checked.unread.filter((name) => name !== group);
    if (unread.length > 0) notes.push(`not read of ${file.file}: ${listText(unread)}.`);
    return { ...checked, file };
  };
  const all = await load(section.file);
  const groups = group === undefined ? undefined : await readGroups(all.file, group, all.count);
  const { order, parts, note } = arrange(all.count, section.split ?? ALL_TRAINING, groups, all.file.file);
  if (note !== undefined) notes.push(note);
  if (order !== undefined) {
    for (const [name, values] of Object.entries(all.tensors)) {
      moveExamples(values, memberOf(all.sizes, name) ?? 1, order);
    }
  }
  const part = async (name: PartName, path: string | undefined): Promise<Examples> => {
    if (path === undefined) return new TensorExamples(all, parts[name]);
    const own = await load(path);
    return new TensorExamples(own, { start: 0, end: own.count });
  };
  const unused = all.count - parts.test.end;
  const where = order === undefined ? `at the end of ${section.file}` : `of ${section.file}`;
  if (unused > 0) notes.push(`${countOf(unused, "example")} ${where} in no part of the split.`);
  return {
    train: new TensorExamples(all, parts.train),
    validation: await part("validation", section.validation_file),
    test: await part("test", section.test_file),
    scaler: undefined,
    forecast: undefined,
    notes,
  };
}

/** @throws Problem `missing-tensor`, `tensor-shape`, `tensor-dtype` at the tensor */
async function readGroups(file: TensorFile, name: string, count: number): Promise<Float64Array> {
  const pointer = "/data/split/group";
  const tensor = file.tensors.get(name);
  if (tensor === undefined) {
    throw new Problem({
      code: "missing-tensor",
      message: `the file has no tensor "${name}" to group the examples by.`,
      help: `it holds ${listText([...file.tensors.keys()])}.`,
      file: file.file,
      pointer,
    });
  }
  if (tensor.shape.length !== 1 || tensor.shape[0] !== count) {
    throw new Problem({
      code: "tensor-shape",
      message: `tensor "${name}" is ${shapeText(tensor.shape)}, but a whole number for each of the ${String(count)} examples was expected to group them by.`,
      ...file.placeOf(name),
      pointer,
    });
  }
  if (!tensor.areWhole()) {
    throw new Problem({
      code: "tensor-dtype",
      message: `tensor "${name}" holds numbers that are not whole, and examples are grouped by whole ones.`,
      ...file.placeOf(name),
      pointer,
    });
  }
  const values = new Float64Array(count);
  // As the file has them: float32 would make one group of numbers above 2^24.
  await tensor.readInto(new Float32Array(count), (numbers, start) => {
    values.set(numbers, start);
  });
  return values;
}

/**
 * Shape (first axis: examples) and type of every tensor of a file, for the compiler. JSON does not tell whole numbers
 * from real ones: a tensor of whole numbers alone is called int32, and may serve as float32 all the same.
 */
export async function readTensorFacts(
  path: string,
  files: FileReader,
): Promise<Record<string, { readonly shape: readonly number[]; readonly dtype: DType }>> {
  const { tensors } = await readTensorFile(path, files);
  return Object.fromEntries(
    [...tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, dtype: tensor.areWhole() ? "int32" : "float32" },
    ]),
  );
}
