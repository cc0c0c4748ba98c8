import { describe, expect, it } from "vitest";
import type { InputFact } from "../../../../runtime/contract.ts";
import { sourceOf } from "../../../../cli/data/byte-source.ts";
import type { FileReader } from "../../../../cli/data/byte-source.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { readTensorFacts } from "../../../../cli/data/tensors.ts";
import { writeSafetensors } from "../../../../runtime/safetensors.ts";
import { memoryFiles, tensorsSection } from "./memory-files.ts";

const x: InputFact = { name: "x", role: "input", shape: [2], axes: ["T"], dtype: "float32", lengths: false };
const ids: InputFact = {
  name: "ids",
  role: "input",
  shape: [2],
  axes: ["T"],
  dtype: "int32",
  vocabulary: 5,
  lengths: true,
};
const label: InputFact = {
  name: "label",
  role: "target",
  shape: [],
  axes: [],
  dtype: "int32",
  vocabulary: 3,
  lengths: false,
};

const json = {
  x: [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ],
  label: [0, 1, 2, 0],
};

const list = (values: Float32Array | undefined): number[] => [...(values ?? [])];

describe("tensors from JSON", () => {
  it("are split in the file's order", async () => {
    const files = memoryFiles({ "examples.json": JSON.stringify(json) });
    const { train, validation, test } = await loadDataset(tensorsSection(), [x, label], files);
    expect([train.count, validation.count, test.count]).toEqual([2, 1, 1]);
    expect(list(train.tensors["x"])).toEqual([1, 2, 3, 4]);
    expect(list(validation.tensors["x"])).toEqual([5, 6]);
    expect(list(test.select([0])["label"])).toEqual([0]);
    expect(list(train.select([1, 0, 1])["x"])).toEqual([3, 4, 1, 2, 3, 4]);
    expect(() => test.select([1])).toThrow(RangeError);
  });

  it("take a part from its own file, and all of the first for training", async () => {
    const files = memoryFiles({
      "examples.json": JSON.stringify(json),
      "test.json": JSON.stringify({ x: [[9, 9]], label: [1] }),
    });
    const section = { kind: "tensors", file: "examples.json", test_file: "test.json" } as const;
    const { train, validation, test } = await loadDataset(section, [x, label], files);
    expect([train.count, validation.count, test.count]).toEqual([4, 0, 1]);
    expect(list(test.tensors["x"])).toEqual([9, 9]);
  });

  it("carry lengths, and allow the class that the loss ignores", async () => {
    const content = {
      ids: [
        [1, 2],
        [3, 0],
      ],
      "ids.lengths": [2, 1],
      label: [-100, 2],
    };
    const files = memoryFiles({ "examples.json": JSON.stringify(content) });
    const section = tensorsSection({ split: { train: 1, validation: 0, test: 0 } });
    const { train } = await loadDataset(section, [ids, label], files, { ignored: { label: -100 } });
    expect(list(train.tensors["ids.lengths"])).toEqual([2, 1]);
    expect(list(train.tensors["label"])).toEqual([-100, 2]);
    await expect(loadDataset(section, [ids, label], files)).rejects.toThrow(/label\[0\] is -100/);
  });

  it("need training examples", async () => {
    const files = memoryFiles({ "examples.json": JSON.stringify({ x: [[1, 2]], label: [0] }) });
    await expect(loadDataset(tensorsSection(), [x, label], files)).rejects.toThrow(
      "the training part, 0.5 of 1 example, is less than one example.",
    );
  });
});

describe("tensors from safetensors", () => {
  const section = tensorsSection({ file: "examples.safetensors", split: { train: 1, validation: 0, test: 0 } });
  const load = (tensors: Parameters<typeof writeSafetensors>[0]): ReturnType<typeof loadDataset> =>
    loadDataset(section, [x, label], memoryFiles({ "examples.safetensors": writeSafetensors(tensors) }));
  const labels = ["label", { dtype: "I64", shape: [2], data: BigInt64Array.of(2n, 1n) }] as const;

  it("come as F32, F64, I32 or I64", async () => {
    const double = await load([["x", { dtype: "F64", shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }], labels]);
    expect(list(double.train.tensors["x"])).toEqual([1, 2, 3, 4]);
    expect(list(double.train.tensors["label"])).toEqual([2, 1]);
    const whole = await load([["x", { dtype: "I32", shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) }], labels]);
    expect(list(whole.train.tensors["x"])).toEqual([1, 2, 3, 4]);
  });

  it("are refused where float32 or int32 cannot hold them", async () => {
    const real = { dtype: "F32", shape: [2], data: Float32Array.of(0, 1) } as const;
    const good = { dtype: "F32", shape: [2, 2], data: new Float32Array(4) } as const;
    await expect(
      load([
        ["x", good],
        ["label", real],
      ]),
    ).rejects.toThrow(/holds floating point numbers/);
    const big = { dtype: "I32", shape: [2, 2], data: Int32Array.of(1, 2, 3, 16777217) } as const;
    await expect(load([["x", big], labels])).rejects.toThrow(
      "x[1][1] is 16777217, but a whole number that float32 holds exactly (up to 16777216) was expected.",
    );
    const eighth = { dtype: "F8_E4M3", shape: [2, 2], data: new Uint8Array(4) } as const;
    await expect(load([["x", eighth], labels])).rejects.toMatchObject({
      code: "tensor-dtype",
      file: "examples.safetensors",
    });
    const infinite = { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, Infinity, 4) } as const;
    await expect(load([["x", infinite], labels])).rejects.toThrow(/x\[1\]\[0\] is Infinity/);
  });

  it("come in sixteen bits, exactly", async () => {
    const half = { dtype: "F16", shape: [2, 2], data: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff) } as const;
    expect(list((await load([["x", half], labels])).train.tensors["x"])).toEqual([1, -2, 2 ** -24, 65504]);
    const brain = { dtype: "BF16", shape: [2, 2], data: Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x0001) } as const;
    expect(list((await load([["x", brain], labels])).train.tensors["x"])).toEqual([1, -2, 3.140625, 2 ** -133]);
    const infinite = { dtype: "F16", shape: [2, 2], data: Uint16Array.of(0, 0x7c00, 0x7e00, 0) } as const;
    await expect(load([["x", infinite], labels])).rejects.toThrow("x[0][1] is Infinity, x[1][0] is NaN;");
  });

  it("may be more than the model reads, which is said and not read", async () => {
    const shape = [2, 2];
    const good = { dtype: "F32", shape, data: Float32Array.of(1, 2, 3, 4) } as const;
    const unread = { dtype: "F8_E5M2", shape, data: new Uint8Array(4) } as const;
    const { train, notes } = await load([["x", good], ["hidden", unread], ["id", unread], labels]);
    expect(Object.keys(train.tensors)).toEqual(["x", "label"]);
    expect(notes).toEqual(['not read of examples.safetensors: "hidden", "id".']);
    const misspelt = load([["X", good], labels]);
    await expect(misspelt).rejects.toMatchObject({ code: "missing-tensor", help: 'did you mean "X"? Then rename it.' });
  });

  it("are read in stretches, each byte once, whatever their place in the file", async () => {
    const count = 70_001;
    const data = Float64Array.from({ length: count * 2 }, (_, index) => index);
    data[2 * count - 1] = 1e39;
    const bytes = writeSafetensors([
      ["x", { dtype: "F64", shape: [count, 2], data }],
      ["label", { dtype: "U8", shape: [count], data: new Uint8Array(count).fill(2) }],
      ["unread", { dtype: "F32", shape: [count], data: new Float32Array(count) }],
    ]);
    let read = 0;
    let largest = 0;
    const whole = sourceOf(bytes);
    const files: FileReader = {
      read: () => Promise.reject(new Error("the file is not to be read whole")),
      open: () =>
        Promise.resolve({
          ...whole,
          read: (position, target) => {
            read += target.byteLength;
            largest = Math.max(largest, target.byteLength);
            return whole.read(position, target);
          },
        }),
    };
    await expect(loadDataset(section, [x, label], files)).rejects.toThrow("x[70000][1] is 1e+39,");
    data[2 * count - 1] = 5;
    bytes.set(writeSafetensors([["x", { dtype: "F64", shape: [1], data: data.slice(-1) }]]).slice(-8), endOfX(bytes));
    read = 0;
    const { train } = await loadDataset(section, [x, label], files);
    expect(list(train.select([0, count - 1])["x"])).toEqual([0, 1, 2 * count - 2, 5]);
    expect(list(train.select([count - 1])["label"])).toEqual([2]);
    expect(read).toBe(bytes.byteLength - 4 * count);
    expect(largest).toBeLessThan(1e6);
  });

  /** Where the last number of `x`, the tensor that is written first, begins. */
  function endOfX(bytes: Uint8Array): number {
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    return 8 + header + 70_001 * 16 - 8;
  }
});

describe("readTensorFacts", () => {
  it("gives shapes with the examples' axis, and int32 for whole numbers", async () => {
    const content = {
      x: [
        [1, 2.5],
        [3, 4],
      ],
      label: [0, 1],
    };
    expect(await readTensorFacts("a.json", memoryFiles({ "a.json": JSON.stringify(content) }))).toEqual({
      x: { shape: [2, 2], dtype: "float32" },
      label: { shape: [2], dtype: "int32" },
    });
  });
});
