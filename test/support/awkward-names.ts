/** Names that mean something in JavaScript, in kernels, in AssemblyScript or to an optimizer, and a model to give them to. */
import { compileText } from "./fixture-file.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";

/** Of JavaScript, of kernels and of generated modules. */
export const awkwardNames: readonly string[] =
  "t b c g T class this arguments await public x0 sum kernels stack webAssembly simdBinary".split(" ");

/** Of AssemblyScript, of the wasm target's library and of its programs. */
export const wasmNames: readonly string[] =
  "force memory load store select f32 v128 usize work finite exp call at from get is".split(" ");

export const scalarNames: readonly string[] = ["step_size", "correction_root", "learning_rate", "kept", "undamped"];

export const awkwardOptimizers: readonly string[] = [
  "{kind: sgd}",
  "{kind: sgd, momentum: 0.9, dampening: 0.5}",
  "{kind: adamw}",
];

/** One LSTM whose input has this name. */
export function specWith(name: string, optimizer: string, layer = "recurrent"): string {
  return `
specloom: 1
data: {kind: tensors, file: x.json}
inputs: {${name}: {shape: [time, 2]}, target: {shape: [3]}}
sizes: {time: 4}
layers:
  - {name: ${layer}, kind: lstm, hidden_size: 3, return: last}
loss: {kind: mse, input: ${layer}, target: target}
optimizer: ${optimizer}
train: {batch_size: 2}
`;
}

export function compileWith(name: string, optimizer: string, layer?: string): Compilation {
  return compileText("awkward.yaml", specWith(name, optimizer, layer));
}
