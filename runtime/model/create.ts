/** From the options of `create` to a live model. Which executors exist is the caller's business. */
import type { ModelDefinition } from "../contract.ts";
import type { CreateOptions, LiveModel, LiveOf, SimdVariant } from "../contract-live.ts";
import type { Backend, Executor } from "../contract-backend.ts";
import { checkOneOf, checkOptions, checkWhole } from "../arguments.ts";
import { nearestName } from "../nearest-name.ts";
import { Problem } from "../problem.ts";
import { describe } from "../tensor.ts";
import { RunningModel } from "./live.ts";
import { initialParameters, readWeights } from "./parameters.ts";
import { partsOf } from "./parts.ts";

/** What `simd` may be. */
const SIMD_VARIANTS = ["plain", "relaxed"] as const satisfies readonly SimdVariant[];

/** What `backend` may be. */
export const BACKENDS = [
  "auto",
  "webgpu",
  "webgl2",
  "headlessgl",
  "wasm",
  "webasm",
  "cpu",
] as const satisfies readonly Backend[];

export type ExecutorFactory = (
  definition: ModelDefinition,
  options: {
    readonly backend: Backend;
    readonly threads: number | undefined;
    readonly simd: SimdVariant | undefined;
  },
) => Promise<Executor>;

const OPTIONS: readonly string[] = ["backend", "weights", "seed", "threads", "simd"] satisfies (keyof CreateOptions)[];

/**
 * @throws Problem for an unknown option or backend, a seed that is none, or weights that do not fit
 */
export async function createModel<D extends ModelDefinition>(
  definition: D,
  options: CreateOptions,
  createExecutor: ExecutorFactory,
): Promise<LiveOf<D>> {
  checkOptions("create", options, OPTIONS);
  const { backend = "auto", seed = 0, weights, threads, simd } = options;
  checkBackend(backend);
  checkWhole("seed", seed, 0);
  if (threads !== undefined) checkWhole("threads", threads, 1);
  if (simd !== undefined) checkOneOf("simd", simd, SIMD_VARIANTS);
  // Before the executor: a device need not start for weights that do not fit.
  const start =
    weights === undefined ? { parameters: initialParameters(definition, seed) } : readWeights(definition, weights);
  const parts = await partsOf(definition);
  const executor = await createExecutor(definition, { backend, threads, simd });
  const live: LiveModel = new RunningModel(definition, { executor, seed, ...start }, parts);
  // The types are read off the facts that it checks its inputs by.
  return live as LiveOf<D>;
}

/** @throws Problem `unknown-backend` listing those there are */
function checkBackend(backend: unknown): asserts backend is (typeof BACKENDS)[number] {
  if (BACKENDS.some((known) => known === backend)) return;
  const nearest = typeof backend === "string" ? nearestName(backend, BACKENDS) : undefined;
  throw new Problem({
    code: "unknown-backend",
    message: `${typeof backend === "string" ? `"${backend}"` : describe(backend)} is not a backend.`,
    help: `${nearest === undefined ? "" : `did you mean "${nearest}"? `}known backends: ${BACKENDS.join(", ")}.`,
  });
}
