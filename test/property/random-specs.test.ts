/** Sixty seeded random specs through the whole compiler: every level must mean the same. */
import { describe, expect, it } from "vitest";
import type { Compilation, ProgramName } from "../../compiler/contracts.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { layers } from "../../compiler/layers/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { dropoutStream, fillUniform } from "../../runtime/random.ts";
import { compileText } from "../support/fixture-file.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { testBindings, testNumbers } from "../support/numbers.ts";
import { growers, randomSpec } from "../support/random-spec.ts";
import { runProgram } from "../support/run-program.ts";
import { liveTrainee } from "../support/trainee.ts";
import { typeErrors } from "../support/type-check.ts";

const specs = Array.from({ length: 60 }, (_, seed) => randomSpec(seed));
const compiled = new Map<string, Compilation>();
const compilationOf = ({ name, text }: (typeof specs)[number]): Compilation => {
  const compilation = compiled.get(name) ?? compileText(`${name}.yaml`, text);
  compiled.set(name, compilation);
  return compilation;
};

/** Largest difference, relative to 1 or to the larger number. */
function relativeDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return Array.from(left).reduce((largest, value, index) => {
    const other = right[index] as number;
    const difference = Math.abs(value - other) / Math.max(1, Math.abs(value), Math.abs(other));
    return difference <= largest ? largest : difference;
  }, 0);
}

/** Real numbers, class numbers and lengths in their ranges, for `count` examples, exact in float32. */
function inputsFor({ model }: Compilation, count: number, salt: number): Tensors {
  return Object.fromEntries(
    model.inputs.flatMap(({ name, shape, dtype, vocabulary = 1, lengths }, index) => {
      const numbers = testNumbers(count * sizeOf(shape), salt + index).map((value, cell) =>
        dtype === "int32" ? (cell * 3 + salt) % vocabulary : Math.fround(value),
      );
      const steps = shape[0] ?? 1;
      const given: [string, Float64Array][] = [[name, numbers]];
      if (lengths)
        given.push([`${name}.lengths`, Float64Array.from({ length: count }, (_, row) => 1 + ((row + salt) % steps))]);
      return given;
    }),
  );
}

function parametersFor({ model }: Compilation): Tensors {
  return Object.fromEntries(
    model.parameters.map(({ name, shape }, index) => [
      name,
      testNumbers(sizeOf(shape), 50 + index).map((value) => Math.fround(0.7 * value)),
    ]),
  );
}

it("every layer kind is grown and used", () => {
  const kinds = layers.map(({ kind }) => kind).sort();
  expect(Object.keys(growers).sort()).toEqual(kinds);
  expect([...new Set(specs.flatMap((spec) => spec.kinds))].sort()).toEqual(kinds);
});

it("the modules pass the project's type check", () => {
  const modules = Object.fromEntries(specs.map((spec) => [`${spec.name}.ts`, compilationOf(spec).moduleText]));
  expect(typeErrors(modules)).toEqual([]);
});

describe.each(specs)("$name", (spec) => {
  it(`${spec.kinds.join(", ")}: passes and lowering keep the meaning`, () => {
    const { model, graphs, programs } = compilationOf(spec);
    const before = differentiate(model, build(model));
    const bindings = testBindings(Object.values(before), 7);
    for (const [name, values] of Object.entries(inputsFor(compilationOf(spec), model.batchSize, 3))) {
      bindings[name] = Float64Array.from(values);
    }
    for (const name of Object.keys(programs) as ProgramName[]) {
      const expected = interpret(before[name], bindings);
      const optimised = interpret(graphs[name], bindings);
      const lowered = runProgram(programs[name], bindings);
      expect(Object.keys(optimised)).toEqual(Object.keys(expected));
      for (const [result, { data }] of Object.entries(expected)) {
        expect(data.every(Number.isFinite), `${name} ${result} is finite`).toBe(true);
        expect(relativeDifference(optimised[result]?.data ?? [], data), `${name} ${result}, passes`).toBeLessThan(
          1e-10,
        );
        expect(relativeDifference(lowered[result] ?? [], data), `${name} ${result}, lowered`).toBeLessThan(1e-10);
      }
    }
  });
});

describe.each(specs.filter((_, index) => index % 3 === 0))("$name on cpu", (spec) => {
  it("computes what the float64 interpreter does, within float32", async () => {
    const compilation = compilationOf(spec);
    const { model } = compilation;
    const parameters = parametersFor(compilation);
    // Dropout draws as the runtime does: one stream per step and draw.
    const random = (name: string, count: number, step: number): Float32Array =>
      fillUniform(new Float32Array(count), 0, dropoutStream(step, Number(name.slice("random.".length))));
    const exact = new InterpretedModel(compilation, parameters, random);
    const live = await liveTrainee(compilation, parameters, "cpu");
    const agree = (what: string, found: Tensors, expected: Tensors): void => {
      for (const [name, values] of Object.entries(expected)) {
        expect(relativeDifference(found[name] ?? [], values), `${what} ${name}`).toBeLessThan(1e-4);
      }
    };
    // An odd batch is left one short.
    const count = Math.max(1, model.batchSize - (model.batchSize % 2));
    const inputs = inputsFor(compilation, count, 11);
    const cut = (outputs: Tensors): Tensors =>
      Object.fromEntries(
        model.outputs.map(({ name, shape }) => [
          name,
          Array.from(outputs[name] ?? []).slice(0, count * sizeOf(shape.shape)),
        ]),
      );
    agree("output", await live.predict(inputs), cut(exact.predict(inputs)));
    agree("evaluated", { loss: [await live.evaluate(inputs)] }, { loss: [exact.evaluate(inputs)["loss"]?.[0] ?? NaN] });
    agree("gradient", await live.gradients(inputs), exact.gradients(inputs));
    for (let step = 0; step < 2; step++) {
      agree("training", { loss: [await live.trainStep(inputs)] }, { loss: [exact.trainStep(inputs)] });
      agree("parameter", live.parameters(), exact.parameters);
    }
    agree("slot", live.live.trainingState().slots, exact.slots);
    await live.dispose();
  });
});
