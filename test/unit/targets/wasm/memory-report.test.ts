import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/compile.ts";
import { moduleMemory, type ProgramMemory } from "../../../../compiler/targets/wasm/memory-report.ts";
import { printWasm } from "../../../../compiler/stages/8-print.ts";
import { memoryMap, memoryText, tensorTable } from "../../../../cli/support/memory-text.ts";
import { waveSpec } from "../../../support/command-line.ts";

function memoryOf(change: Readonly<Record<string, string>> = {}) {
  const { compilation } = compile({ file: "wave.yaml", text: waveSpec(change) });
  if (compilation === undefined) throw new Error("the spec does not compile");
  return { source: printWasm(compilation), model: compilation.model };
}

describe("the memory report", () => {
  const { source, model } = memoryOf();
  const memory = moduleMemory(source);
  const step = memory.programs["train_step"] as ProgramMemory;
  const parameterBytes = model.parameters.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);

  it("accounts for every byte", () => {
    for (const { parts, unused, planned } of Object.values(memory.programs)) {
      expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, unused)).toBe(planned);
      expect(unused).toBeGreaterThanOrEqual(0);
    }
    expect(step.parts.parameter).toBe(parameterBytes);
    expect(step.parts.state).toBe(2 * parameterBytes);
    expect(memory.planned).toBe(source.memoryBytes);
  });

  it("never needs more than is planned, and more than parameters and state", () => {
    for (const { needed, planned } of Object.values(memory.programs)) {
      expect(needed).toBeLessThan(planned);
      expect(needed).toBeGreaterThan(3 * parameterBytes);
    }
    expect(memory.needed).toBe(Math.max(...Object.values(memory.programs).map(({ needed }) => needed)));
  });

  it("has tensors that are alive at the same time in places of their own", () => {
    const { tensors } = step;
    for (const one of tensors) {
      expect(one.offset + one.bytes).toBeLessThanOrEqual(step.planned);
      for (const other of tensors) {
        if (one === other || one.first > other.last || other.first > one.last) continue;
        expect(one.offset + one.bytes <= other.offset || other.offset + other.bytes <= one.offset).toBe(true);
      }
    }
  });

  it("needs what is alive at the fullest moment", () => {
    const alive = (position: number): number =>
      step.tensors
        .filter(({ kind, first, last }) => kind !== "packed" && first <= position && position <= last)
        .reduce((sum, { bytes }) => sum + bytes, 0);
    const moments = Array.from({ length: step.items + 2 }, (_, index) => alive(index - 1));
    expect(step.needed).toBe(Math.max(...moments));
  });

  it("is drawn within a screen", () => {
    const texts = [memoryText(memory), memoryMap(step), tensorTable(step)];
    for (const line of texts.join("\n").split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const map = memoryMap(step).split("\n");
    expect(map[0]).toMatch(/^ +0 B \|/);
    expect(map[1]).toMatch(/\|[PS]+$/);
    expect(memoryMap(step)).toContain("#");
  });

  it("has no program for one example where the batch is one", () => {
    const one = moduleMemory(memoryOf({ train: "{epochs: 1, batch_size: 1, seed: 5}" }).source);
    expect(Object.keys(one.programs)).toEqual(["predict", "evaluate", "gradients", "train_step", "stream_step"]);
  });
});
