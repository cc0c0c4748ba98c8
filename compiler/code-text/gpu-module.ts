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

/** What a function of a plan takes behind the context. */
export interface PlanParameter {
  readonly name: string;
  /** A tensor, one of `tensors`, one for each step of a loop, the name of a layer, or what the function of that name gave. */
  readonly type: "tensor" | "argument" | "steps" | "layer" | { readonly givenBy: string };
}

/** A function of the steps of a program, of what two programs do alike, or of what is done for several layers. */
export interface PlanFunction {
  readonly name: string;
  readonly documentation: readonly string[];
  readonly statements: readonly string[];
  /** What it needs of the context; "context" where it hands on all of it, undefined where it takes none. */
  readonly members: readonly string[] | undefined;
  readonly parameters: readonly PlanParameter[];
}

export interface GpuPlan extends PlanFunction {
  /** Kernels that a call of the program runs, those that join steps among them. */
  readonly launches: number;
}

export interface GpuModule {
  /** In order of execution: forward, backward, update. */
  readonly functions: readonly KernelFunction[];
  /** What plans do for several layers alike. */
  readonly layers: readonly PlanFunction[];
  /** What several plans begin with, by the program that ends there. */
  readonly steps: SomePrograms<PlanFunction>;
  readonly plans: SomePrograms<GpuPlan>;
}
