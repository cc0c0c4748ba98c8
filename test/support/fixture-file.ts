/** The files of test/fixtures/pytorch and test/fixtures/reference, as the tests read them. */
import { readFileSync } from "node:fs";
import { compile } from "../../compiler/compile.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Tensors } from "./interpreted-model.ts";

export type Precision = "float32" | "float64";

type Nested = number | readonly Nested[];

export interface TensorText {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Nested;
}

export type TensorTexts = Readonly<Record<string, TensorText>>;

export interface FixtureRun {
  readonly loss: number;
  readonly loss_of_all?: number;
  readonly forward: TensorTexts;
  readonly grads: TensorTexts;
  readonly after_one_step: TensorTexts;
  readonly loss_curve: readonly number[];
  readonly final: TensorTexts;
  readonly forward_final?: TensorTexts;
}

/** Absolute per tensor, relative for the losses. */
export interface Tolerances {
  readonly forward: Readonly<Record<string, number>>;
  readonly grads: Readonly<Record<string, number>>;
  readonly after_one_step: Readonly<Record<string, number>>;
  readonly final: Readonly<Record<string, number>>;
  readonly forward_final: Readonly<Record<string, number>>;
  readonly loss_curve: number;
}

export interface Fixture {
  readonly case: string;
  readonly init: TensorTexts;
  readonly float32: FixtureRun;
  readonly float64: FixtureRun;
  readonly tolerance: Readonly<Record<Precision, Tolerances>>;
}

const folder = new URL("../fixtures/", import.meta.url);

/** @param path below test/fixtures */
export function readFixture<F extends Fixture>(path: string): F {
  return JSON.parse(readFileSync(new URL(path, folder), "utf8")) as F;
}

/** Compiles a spec below test/fixtures; a diagnostic is a failure of the test, shown in full. */
export function compileFixture(path: string): Compilation {
  return compileText(path.slice(path.lastIndexOf("/") + 1), fixtureText(path));
}

export function fixtureText(path: string): string {
  return readFileSync(new URL(path, folder), "utf8");
}

export function compileText(file: string, text: string): Compilation {
  const { diagnostics, compilation } = compile({ file, text });
  if (compilation === undefined) throw new Error(`${file} does not compile:\n${renderDiagnostics(diagnostics)}`);
  return compilation;
}

export function flat(tensor: TensorText): Float64Array {
  const cells: number[] = [];
  const visit = (part: Nested): void => {
    if (typeof part === "number") cells.push(part);
    else part.forEach(visit);
  };
  visit(tensor.data);
  if (cells.length !== sizeOf(tensor.shape)) throw new Error(`a tensor of shape [${tensor.shape.join(", ")}]`);
  return Float64Array.from(cells);
}

export function flatAll(tensors: TensorTexts): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, flat(tensor)]));
}

/** Rows `start` up to `end` of every tensor. */
export function rows(tensors: TensorTexts, start: number, end: number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const size = sizeOf(tensor.shape.slice(1));
      return [name, flat(tensor).slice(start * size, end * size)];
    }),
  );
}
