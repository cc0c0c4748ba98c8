/** What the gpu target writes and a module shows: kernels and plans as text, with what their documentation says. */
import type { Programs } from "@specloom/runtime/internal/contract";
import type { Origin } from "../ir/program.ts";

export interface KernelFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: "Tensor1" | "Tensor2" | "Tensor3" | "Index" }[];
  readonly statements: readonly string[];
  /** Lines of the doc comment. */
  readonly documentation: readonly string[];
  readonly origin: Origin;
}

/** A kernel as gpu.js makes it: a function, for one size of output and of what it reads. */
export interface KernelEntry {
  readonly name: string;
  /** Name of the function; kernels that differ in sizes alone share one. */
  readonly source: string;
  /** gpu.js's order, innermost first. */
  readonly output: readonly number[];
}

export interface GpuPlan {
  readonly statements: readonly string[];
  /** The buffers with shape and lifetime, for the plan's documentation. */
  readonly buffers: readonly string[];
  readonly loops: boolean;
}

export interface GpuModule {
  /** In order of execution: forward, backward, update; so are the kernels. */
  readonly functions: readonly KernelFunction[];
  readonly kernels: readonly KernelEntry[];
  readonly plans: Programs<GpuPlan>;
}
