/** What the gpu target writes and a module shows: kernels and plans as text, with what their documentation says. */
import type { SomePrograms } from "@specloom/runtime/internal/contract";
import type { Origin } from "../ir/program.ts";

export interface KernelFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: "Tensor1" | "Tensor2" | "Tensor3" | "Index" }[];
  readonly statements: readonly string[];
  /** Lines of the doc comment. */
  readonly documentation: readonly string[];
  readonly origin: Origin;
}

/** A function of the steps of a program, or of what two programs do alike. It takes a plan's context. */
export interface PlanFunction {
  readonly name: string;
  readonly statements: readonly string[];
  /** What it needs of the context; "context" where it hands on all of it. */
  readonly members: readonly string[];
}

export interface GpuPlan extends PlanFunction {
  /** Kernels that a call of the program runs, those that join steps among them. */
  readonly launches: number;
}

export interface GpuModule {
  /** In order of execution: forward, backward, update. */
  readonly functions: readonly KernelFunction[];
  /** What several plans call, before the plans. */
  readonly steps: readonly PlanFunction[];
  readonly plans: SomePrograms<GpuPlan>;
}
