/** Numbers for a random spec, and what a model of it on some target must agree with. */
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { dropoutStream, fillUniform } from "../../runtime/random.ts";
import { InterpretedModel } from "./interpreted-model.ts";
import type { Tensors } from "./interpreted-model.ts";
import { testNumbers } from "./numbers.ts";
import type { Trainee } from "./trainee.ts";

/** Largest difference, relative to 1 or to the larger number. */
export function relativeDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return Array.from(left).reduce((largest, value, index) => {
    const other = right[index] as number;
    const difference = Math.abs(value - other) / Math.max(1, Math.abs(value), Math.abs(other));
    return difference <= largest ? largest : difference;
  }, 0);
}

/**
 * Real numbers, class numbers and lengths in their ranges, for `count` examples, exact in float32; fewer are the first.
 * Labels that a loss aligns are never its blank.
 */
export function randomInputs({ model }: Compilation, count: number, salt: number): Tensors {
  return Object.fromEntries(
    model.inputs.flatMap(({ name, shape, dtype, vocabulary = 1, lengths }, index) => {
      const alignment = model.losses.find(({ kind, target }) => kind === "ctc" && target === name);
      const blank = Number(alignment?.config["blank"]);
      const classes = alignment === undefined ? vocabulary : classesOf(model, alignment.input);
      const classAt = (cell: number): number =>
        alignment === undefined
          ? (cell * 3 + salt) % vocabulary
          : (blank + 1 + ((cell * 3 + salt) % (classes - 1))) % classes;
      const numbers = testNumbers(count * sizeOf(shape), salt + index).map((value, cell) =>
        dtype === "int32" ? classAt(cell) : Math.fround(value),
      );
      const steps = shape[0] ?? 1;
      const given: [string, Float64Array][] = [[name, numbers]];
      if (lengths)
        given.push([`${name}.lengths`, Float64Array.from({ length: count }, (_, row) => 1 + ((row + salt) % steps))]);
      return given;
    }),
  );
}

/** Size of the last axis of what a layer gives. */
function classesOf({ layers }: Compilation["model"], name: string): number {
  return layers.find((layer) => layer.name === name)?.output.shape.at(-1) ?? 1;
}

export function randomParameters({ model }: Compilation): Tensors {
  return Object.fromEntries(
    model.parameters.map(({ name, shape, statistic }, index) => [
      name,
      // A variance is positive.
      testNumbers(sizeOf(shape), 50 + index).map((value) =>
        Math.fround(statistic === undefined ? 0.7 * value : 0.5 + Math.abs(value)),
      ),
    ]),
  );
}

const tolerance = 1e-4;

/**
 * Predicts, evaluates and trains beside the float64 interpreter.
 *
 * @param trainee with the parameters of `randomParameters`
 * @param slots the trainee's optimizer state, where it can be had
 * @returns one line per tensor that is not what it should be within float32
 */
export async function disagreements(
  trainee: Trainee,
  compilation: Compilation,
  slots?: () => Tensors,
): Promise<readonly string[]> {
  const { model } = compilation;
  // Dropout draws as the runtime does: one stream per step and draw.
  const random = (name: string, count: number, step: number): Float32Array =>
    fillUniform(new Float32Array(count), 0, dropoutStream(step, Number(name.slice("random.".length))));
  const exact = new InterpretedModel(compilation, randomParameters(compilation), random);
  const found: string[] = [];
  const compare = (what: string, given: Tensors, expected: Tensors): void => {
    for (const [name, values] of Object.entries(expected)) {
      const difference = relativeDifference(given[name] ?? [], values);
      if (!(difference <= tolerance)) found.push(`${what} ${name}: off by ${difference}`);
    }
  };
  // An odd batch is left one short.
  const count = Math.max(1, model.batchSize - (model.batchSize % 2));
  const inputs = randomInputs(compilation, count, 11);
  const rowsOf = (rows: number, outputs: Tensors): Tensors =>
    Object.fromEntries(
      model.outputs.map(({ name, shape }) => [
        name,
        Array.from(outputs[name] ?? []).slice(0, rows * sizeOf(shape.shape)),
      ]),
    );
  const predicted = exact.predict(inputs);
  compare("output", await trainee.predict(inputs), rowsOf(count, predicted));
  compare("output of one", await trainee.predict(randomInputs(compilation, 1, 11)), rowsOf(1, predicted));
  const evaluated = exact.evaluate(inputs)["loss"]?.[0] ?? NaN;
  compare("evaluated", { loss: [await trainee.evaluate(inputs)] }, { loss: [evaluated] });
  compare("gradient", await trainee.gradients(inputs), exact.gradients(inputs));
  for (let step = 0; step < 2; step++) {
    compare("training", { loss: [await trainee.trainStep(inputs)] }, { loss: [exact.trainStep(inputs)] });
    compare("parameter", trainee.parameters(), exact.parameters);
  }
  if (slots !== undefined) compare("slot", slots(), exact.slots);
  return found;
}
