/** Weights as other programs hand them over: in whatever holds bytes, in other types, under longer names. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Bytes } from "../../../../runtime/contract-live.ts";
import { createModel } from "../../../../runtime/model/create.ts";
import { understood } from "../../../../runtime/model/foreign-weights.ts";
import { readSafetensors, writeSafetensors, type SafetensorsTensor } from "../../../../runtime/safetensors.ts";
import { expectProblem } from "./expect-problem.ts";
import { FakeExecutor, linearDefinition, linearModel } from "./linear-fixture.ts";

const create = (weights: unknown) =>
  createModel(linearDefinition, { weights: weights as Bytes }, () => Promise.resolve(new FakeExecutor()));

/** The tensors of a model, changed. */
async function file(
  change: (name: string, tensor: SafetensorsTensor) => readonly [string, SafetensorsTensor],
): Promise<Uint8Array> {
  const { model } = await linearModel(8);
  return writeSafetensors([...readSafetensors(await model.save()).tensors].map(([name, one]) => change(name, one)));
}

describe("weights", () => {
  const holders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
    "an ArrayBuffer": (bytes) => bytes.slice().buffer,
    "a Buffer": (bytes) => Buffer.from(bytes),
    "a DataView": (bytes) => new DataView(bytes.slice().buffer),
    "a view with an offset": (bytes) => {
      const larger = new Uint8Array(bytes.length + 16);
      larger.set(bytes, 5);
      return larger.subarray(5, 5 + bytes.length);
    },
    "shared memory": (bytes) => {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return shared.buffer;
    },
    "bytes of another realm": (bytes) => runInNewContext("Uint8Array.from(list)", { list: [...bytes] }) as unknown,
  };

  it.each(Object.entries(holders))("come as %s", async (_name, held) => {
    const { model } = await linearModel(8);
    const bytes = await model.save();
    const other = await create(held(bytes));
    expect(other.parameters()).toEqual(model.parameters());
    const { model: third } = await linearModel(9);
    await third.load(held(bytes) as Bytes);
    expect(third.parameters()).toEqual(model.parameters());
  });

  it("that are undefined are none", async () => {
    expect((await create(undefined)).parameters()).toEqual((await linearModel(0)).model.parameters());
  });

  it.each<[unknown, RegExp]>([
    [null, /weights must be the bytes of a safetensors file .*, not null/],
    ["weights.safetensors", /not the text "weights.safetensors".*help: a path is not read here/],
    [Promise.resolve(new Uint8Array(8)), /not a Promise.*help: await it first/],
    [new Blob([]), /not a Blob.*help: hand over await blob.arrayBuffer\(\)/],
    [[1, 2, 3], /not a list of 3.*Uint8Array.from\(list\)/],
    [new Float32Array(3), /not a list of 3/],
    [{}, /not an object/],
    [7, /not the number 7/],
  ])("are refused as %s", async (weights, message) => {
    await expectProblem(() => create(weights), "invalid-option", message);
    const { model } = await linearModel();
    await expectProblem(() => model.load(weights as Bytes), "invalid-option", message);
  });

  it.each(["F64", "F16", "BF16"] as const)("of %s are converted", async (dtype) => {
    const bits = {
      F64: Float64Array.of(0.1, -2, 0.5),
      F16: Uint16Array.of(0x2e66, 0xc000, 0x3800),
      BF16: Uint16Array.of(0x3dcd, 0xc000, 0x3f00),
    };
    const bytes = await file((name, tensor) =>
      name === "linear.weight" ? [name, { ...tensor, dtype, data: bits[dtype] }] : [name, tensor],
    );
    const [first, ...rest] = (await create(bytes)).parameters()["linear.weight"] ?? [];
    expect(first).toBe({ F64: Math.fround(0.1), F16: 0.0999755859375, BF16: 0.10009765625 }[dtype]);
    expect(rest).toEqual([-2, 0.5]);
  });

  it("of F64 that float32 cannot hold are refused with their place", async () => {
    const bytes = await file((name, tensor) =>
      name === "linear.weight"
        ? [name, { ...tensor, dtype: "F64", data: Float64Array.of(0, 1e300, 0) }]
        : [name, tensor],
    );
    await expectProblem(
      () => create(bytes),
      "wrong-weights",
      /linear.weight\[0, 1\] is 1e\+300, which float32 cannot hold/,
    );
  });

  it.each(["model.", "module.", "_orig_mod.", "module._orig_mod.", "net.linear."])(
    "under %s are understood",
    async (prefix) => {
      const { model } = await linearModel(8);
      const loaded = await create(await file((name, tensor) => [prefix + name, tensor]));
      expect(loaded.parameters()).toEqual(model.parameters());
    },
  );

  it("under names of which only some begin alike are refused", async () => {
    const bytes = await file((name, tensor) => [name === "linear.bias" ? name : `model.${name}`, tensor]);
    await expectProblem(() => create(bytes), "wrong-weights", /unexpected: model.linear.weight/);
  });
});

describe("what is said of them", () => {
  it("is in the report, until the model has weights of its own", async () => {
    const { model } = await linearModel(8);
    const own = await model.save();
    expect(model.report().notices).toBeUndefined();
    const wrapped = await file((name, one) => [`module.${name}`, one]);
    const notices = ['the names of all tensors begin with "module.", which was left out.'];
    const loaded = await create(wrapped);
    expect(loaded.report().notices).toEqual(notices);
    await loaded.load(own);
    expect(loaded.report().notices).toBeUndefined();
    await loaded.load(wrapped);
    expect(loaded.report().notices).toEqual(notices);
  });

  const tensor = (dtype: SafetensorsTensor["dtype"]): SafetensorsTensor => ({
    dtype,
    shape: [1],
    data: dtype === "F64" ? new Float64Array(1) : dtype === "F32" ? new Float32Array(1) : new Uint16Array(1),
  });

  it("is nothing where they are this project's own", () => {
    expect(understood(new Map([["model.w", tensor("F32")]]), ["model.w"]).notices).toEqual([]);
  });

  it("is which prefix was left out, and what was converted how", () => {
    const given = new Map([
      ["model.a.w", tensor("F64")],
      ["model.a.b", tensor("F64")],
      ["model.c", tensor("BF16")],
    ]);
    const { notices, tensors } = understood(given, ["a.w", "a.b", "c"]);
    expect(notices).toEqual([
      'the names of all tensors begin with "model.", which was left out.',
      "2 tensors of F64 were rounded to float32.",
      "1 tensor of BF16 was converted to float32, exactly.",
    ]);
    expect([...tensors.keys()]).toEqual(["a.w", "a.b", "c"]);
  });
});
