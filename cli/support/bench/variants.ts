/** What a bench measures: the backends that work here, and of wasm its kinds of SIMD and numbers of threads. */
import type { ModelDefinition } from "@specloom/runtime/internal/contract";
import type { SimdVariant } from "@specloom/runtime/internal/contract-live";
import { lacksGpuDevice } from "@specloom/runtime/internal/devices/adapter";
import { wasmMachine } from "@specloom/runtime/internal/devices/wasm/machine";
import { usableThreads } from "@specloom/runtime/internal/devices/wasm/open";
import { Problem } from "@specloom/runtime/internal/problem";

/** Those of Node; `auto` is a choice among them. */
export const BENCH_BACKENDS = ["wasm", "webasm", "cpu", "webgpu", "headlessgl"] as const;
export type BenchBackend = (typeof BENCH_BACKENDS)[number];

export interface Variant {
  readonly backend: BenchBackend;
  /** Only of wasm. */
  readonly simd?: SimdVariant;
  readonly threads?: number;
  /** Asked for by name: it is measured whatever stands behind it, and a mistake if it cannot be. */
  readonly isAsked: boolean;
}

/** What is not measured, and why. */
export interface LeftOut {
  readonly what: string;
  readonly reason: string;
}

export interface VariantRequest {
  /** None: whatever works here. */
  readonly backends: readonly BenchBackend[];
  /** Of wasm: this many threads only. */
  readonly threads?: number | undefined;
}

/** @throws Problem `invalid-option` for threads of a backend that has none */
export async function chooseVariants(
  definition: ModelDefinition,
  { backends, threads }: VariantRequest,
): Promise<{ readonly variants: readonly Variant[]; readonly leftOut: readonly LeftOut[] }> {
  const isAsked = backends.length > 0;
  const wanted = isAsked ? BENCH_BACKENDS.filter((backend) => backends.includes(backend)) : BENCH_BACKENDS;
  if (threads !== undefined && !wanted.includes("wasm")) {
    throw new Problem({
      code: "invalid-option",
      message: `threads is an option of the backend wasm, but ${wanted.join(", ")} was asked for.`,
    });
  }
  const leftOut: LeftOut[] = [];
  const variants: Variant[] = [];
  for (const backend of wanted) {
    if (backend === "wasm") {
      const wasm = await wasmVariants(definition, threads);
      variants.push(...wasm.variants.map((variant) => ({ ...variant, isAsked })));
      leftOut.push(...wasm.leftOut);
    } else if (!isAsked && needsGpu(backend) && lacksGpuDevice()) {
      leftOut.push({ what: backend, reason: "this machine has no GPU device" });
    } else variants.push({ backend, isAsked });
  }
  return { variants, leftOut };
}

export function needsGpu(backend: BenchBackend): boolean {
  return backend === "webgpu" || backend === "headlessgl";
}

async function wasmVariants(
  { wasm }: ModelDefinition,
  threads: number | undefined,
): Promise<{ readonly variants: readonly Omit<Variant, "isAsked">[]; readonly leftOut: readonly LeftOut[] }> {
  const machine = await wasmMachine();
  const wanted = wasm?.threads ?? 1;
  const paying = usableThreads(wanted, machine, Infinity);
  const counts = threads === undefined ? [...new Set([1, paying])] : [threads];
  const kinds: readonly SimdVariant[] = machine.relaxed ? ["plain", "relaxed"] : ["plain"];
  const leftOut: LeftOut[] = [];
  if (!machine.relaxed) leftOut.push({ what: "wasm, relaxed SIMD", reason: "it is not offered here" });
  if (threads === undefined && paying === 1) {
    const reason =
      wanted === 1
        ? "a step of this size is done before others would have begun"
        : (machine.unshared ?? "this machine has one core");
    leftOut.push({ what: "wasm, several threads", reason });
  }
  return {
    variants: counts.flatMap((count) => kinds.map((simd) => ({ backend: "wasm" as const, simd, threads: count }))),
    leftOut,
  };
}
