/** What plans do for equal layers stands in functions: of every result the kernels behind it are those of the program, in its order. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../../compiler/compile.ts";
import { kernelSource } from "../../../../compiler/emit/kernel-sources.ts";
import type { Program, Slot, Step } from "../../../../compiler/ir/program.ts";
import { printKernel } from "../../../../compiler/targets/gpu/kernel.ts";
import type { GpuHandle, ProgramName } from "../../../../runtime/contract.ts";
import { walkPlan } from "../../../../runtime/devices/plan-walk.ts";
import { compileFixture, compileText } from "../../../support/fixture-file.ts";
import { loadModule } from "../../../support/load-module.ts";
import { typeErrors } from "../../../support/type-check.ts";

const specOf = (layers: string): string => `
specloom: 1
name: alike
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [5, 4]}
  y: {shape: [5, 4]}
layers:
${layers}
  - {name: head, kind: linear, out_features: 4}
loss: {kind: mse, input: head, target: y}
optimizer: {kind: nadam, learning_rate: 0.01}
train: {batch_size: 3, clip_grad_norm: 1}
`;

const cases = {
  "transformer blocks": `
  - repeat:
      name: blocks
      times: 4
      layers: [{ kind: transformer_block, num_heads: 2, ff_size: 8, norm: pre, causal: true, dropout: 0.1 }]`,
  "recurrent layers": `
  - repeat: { name: blocks, times: 3, layers: [{ kind: lstm, hidden_size: 4 }, { kind: layer_norm }] }`,
  "layers with names of their own": `
  - { name: first, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: second, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: third, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: output, kind: multi_head_attention, num_heads: 2 }
  - { name: kernels, kind: multi_head_attention, num_heads: 2 }
  - { name: context, kind: multi_head_attention, num_heads: 2 }`,
  "layers without parameters": `
  - { name: widened, kind: linear, out_features: 4 }
  - repeat:
      name: blocks
      times: 6
      layers: [{ kind: layer_norm, affine: false }, { kind: activation, function: gelu }]`,
  "nothing alike": `
  - { name: layer, kind: lstm, hidden_size: 3 }`,
};

/** Numbers for what was computed, the same for the same kernels on the same. */
class Ledger {
  readonly #numbers = new Map<string, number>();
  readonly #parts = new Map<number, readonly number[]>();

  of(...what: readonly unknown[]): number {
    const key = JSON.stringify(what);
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }

  /** Joined in a tree or all at once. */
  joined(parts: readonly number[]): number {
    const leaves = parts.flatMap((part) => this.#parts.get(part) ?? [part]);
    const number = this.of("joined", leaves);
    this.#parts.set(number, leaves);
    return number;
  }
}

/** A plan takes numbers for the steps of loops, so tensors have their number inside. */
const handleOf = (number: number): GpuHandle => ({ number }) as unknown as GpuHandle;
const numberOf = (handle: GpuHandle | number): number =>
  typeof handle === "number" ? handle : (handle as unknown as { readonly number: number }).number;

function withoutName(source: string): string {
  return source.slice(source.indexOf("("));
}

/** What every result is made of, after the program. */
function computed(program: Program, ledger: Ledger): Readonly<Record<string, number>> {
  const whole = new Map<unknown, number>();
  const steps = new Map<unknown, number[]>();
  for (const buffer of program.buffers) {
    if (buffer.external !== undefined) whole.set(buffer, ledger.of("argument", buffer.external));
  }
  const read = (buffer: Program["buffers"][number], place?: number): number => {
    if (place !== undefined) return steps.get(buffer)?.[place] ?? -1;
    return buffer.storage === "steps" ? ledger.joined(steps.get(buffer) ?? []) : (whole.get(buffer) ?? -1);
  };
  const placeOf = (slot: Slot | undefined, variables: Readonly<Record<string, number>>): number | undefined =>
    slot && slot.scale * (slot.variable === undefined ? 0 : (variables[slot.variable] ?? 0)) + slot.offset;
  const run = (step: Step, variables: Readonly<Record<string, number>>): void => {
    if (step.kind === "loop") {
      for (let value = step.start; value !== step.end; value += step.stride) {
        for (const inner of step.body) run(inner, { ...variables, [step.variable]: value });
      }
      return;
    }
    const { buffer, slot } = step.output;
    const inputs = step.inputs.map((access) => read(access.buffer, placeOf(access.slot, variables)));
    const numbers = step.variables.map((name) => variables[name] ?? -1);
    const shape = slot === undefined ? buffer.shape : buffer.shape.slice(1);
    const given = ledger.of(
      withoutName(kernelSource({ name: step.kernel.name, ...printKernel(step.kernel) })),
      shape,
      inputs,
      numbers,
    );
    const place = placeOf(slot, variables);
    if (place === undefined) whole.set(buffer, given);
    else {
      const slots = steps.get(buffer) ?? [];
      slots[place] = given;
      steps.set(buffer, slots);
    }
  };
  for (const step of program.schedule) run(step, {});
  return Object.fromEntries(program.results.map(({ name, buffer }) => [name, read(buffer)]));
}

describe.each(Object.entries(cases))("%s", (title, layers) => {
  const compilation = compileText("alike.yaml", specOf(layers));
  const text = gpuModule(compilation);

  const names = (Object.keys(compilation.programs) as ProgramName[]).filter((name) => text.includes(`/** ${name}: `));
  it.each(names)("%s gives what the program gives", async (name) => {
    const target = await loadModule(text).definition.gpu?.load();
    const program = target?.programs[name];
    if (target === undefined || program === undefined) throw new Error("the module has no such plan");
    const ledger = new Ledger();
    const tensors = compilation.programs[name].buffers.flatMap(({ external, shape }) =>
      external === undefined ? [] : [{ name: external, shape, handle: handleOf(ledger.of("argument", external)) }],
    );
    const { handles } = walkPlan(target, program, tensors, {
      call: (kernel, shape, given, inputs) => {
        const numbers = inputs.map(numberOf);
        const source = withoutName(target.kernels[kernel] ?? "");
        return handleOf(ledger.of(source, shape, numbers.slice(0, given.length), numbers.slice(given.length)));
      },
      createKernel:
        () =>
        (...parts) =>
          handleOf(ledger.joined(parts.map((part) => numberOf(part as GpuHandle)))),
    });
    const found = Object.fromEntries(Object.entries(handles).map(([result, handle]) => [result, numberOf(handle)]));
    expect(found).toEqual(computed(compilation.programs[name], ledger));
  });

  it("is a module without mistakes", () => {
    expect(typeErrors({ "alike.ts": text })).toEqual([]);
  });

  it("updates parameters in loops, also those whose gradients are the same", () => {
    const step = text.slice(text.indexOf("/** train_step: "), text.indexOf("/** stream_step: "));
    const updates = step.match(/kernels\.nadamParameter(?!Subtrahend)\w*/gu) ?? [];
    expect(updates.length).toBeGreaterThan(0);
    expect(updates.length).toBe(step.match(/for \(const \[name, shape, /gu)?.length);
  });

  it("has a function where layers are alike, which all call but the first that is fed otherwise", () => {
    const functions = text.match(/^function \w+(?:Forward|Backward)\w*\(/gmu) ?? [];
    expect(functions.length > 0).toBe(title !== "nothing alike");
  });
});

it("an output that is called like the member a layer's function gave it as keeps its name", () => {
  const text = gpuModule(compileFixture("pytorch/basics/attention-linear.yaml"));
  expect(text).toContain('"sequence.weights": sequence.weights');
  // Throws for what is no TypeScript.
  expect(loadModule(text).definition.name).toBe("attention-linear");
});
