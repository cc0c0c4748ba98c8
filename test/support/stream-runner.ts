/** Runs the graphs of a stream in the float64 interpreter, step by step. */
import type { Model } from "../../compiler/contracts/model.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import type { Bindings } from "../../compiler/ops/interpret.ts";
import { streamPosition } from "../../runtime/shared/names.ts";
import type { StreamGraphs } from "../../compiler/stages/4-build/stream.ts";

/**
 * @param bindings parameters, and inputs of one example
 * @returns every output with time, its steps side by side
 */
export function interpretStream(model: Model, stream: StreamGraphs, bindings: Bindings): Record<string, number[]> {
  const context: Record<string, Float64Array> = {};
  if (stream.start !== undefined) {
    for (const [name, { data }] of Object.entries(interpret(stream.start, bindings))) context[name] = data;
  }
  let states: Record<string, Float64Array> = Object.fromEntries(
    // Whatever is there before the first step must not matter.
    stream.states.map(({ name, shape }) => [name, new Float64Array(sizeOf(shape)).fill(Number.NaN)]),
  );
  const stepped = model.inputs.filter(({ name }) => stream.stepped.includes(name));
  const steps = stepped[0]?.shape[0] ?? 0;
  const outputs: Record<string, number[]> = {};
  for (let step = 0; step < steps; step++) {
    const now = Object.fromEntries(
      stepped.map(({ name, shape }) => {
        const size = sizeOf(shape.slice(1));
        return [name, Array.from(bindings[name] ?? []).slice(step * size, (step + 1) * size)];
      }),
    );
    const results = interpret(stream.step, { ...bindings, ...context, ...states, ...now, [streamPosition]: [step] });
    states = Object.fromEntries(stream.states.map(({ name }) => [name, results[name]?.data ?? new Float64Array()]));
    for (const [name, { data }] of Object.entries(results)) {
      if (!(name in states)) outputs[name] = [...(outputs[name] ?? []), ...data];
    }
  }
  return outputs;
}
