/** Whether a model fits into memory, asked while it is planned: before anything that grows with a size is computed. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { ResolvedLayer } from "../../contracts/model.ts";
import { sizeOf } from "../../ir/graph.ts";
import { optimizers } from "../../optimizers/index.ts";
import { mostCells } from "../../keys/limits.ts";
import type { ResolveContext } from "./context.ts";
import type { Config } from "./train.ts";

/** Float32 numbers in 4 GiB, all that WebAssembly can address. */
const mostResident = 2 ** 30;

/** What is too large is told once: what reads it would be too large itself, and what comes later too many. */
export class Room {
  readonly #context: ResolveContext;
  /** Tensors of a trained parameter that are kept from step to step. */
  readonly #copies: number;
  #resident = 0;
  #isTold = false;

  constructor(context: ResolveContext, optimizer: { readonly kind: string; readonly config: Config }, train: Config) {
    this.#context = context;
    const slots = optimizers.find(({ kind }) => kind === optimizer.kind)?.slots(optimizer.config) ?? [];
    const accumulates = typeof train["accumulate"] === "number" && train["accumulate"] > 1;
    this.#copies = 1 + slots.length + (train["average"] === undefined ? 0 : 1) + (accumulates ? 1 : 0);
  }

  /** The inputs; of those of which a batch is too large nobody goes on to compute anything. */
  admit(inputs: readonly ModelInput[]): readonly ModelInput[] {
    const { batchSize } = this.#context;
    return inputs.map((input) => {
      const { name, shape, pointer } = input;
      return this.#fits(`a batch of ${name}`, [batchSize, ...shape], pointer) ? input : { ...input, unknown: true };
    });
  }

  holds({ name, output, extras, parameters, pointer }: ResolvedLayer): boolean {
    const { batchSize } = this.#context;
    const tensors: (readonly [string, readonly number[]])[] = [
      ...parameters.map((parameter) => [parameter.name, parameter.shape] as const),
      [`a batch of ${name}`, [batchSize, ...output.shape]],
      ...Object.entries(extras).map(
        ([extra, { shape }]) => [`a batch of ${name}.${extra}`, [batchSize, ...shape]] as const,
      ),
    ];
    if (!tensors.every(([what, shape]) => this.#fits(what, shape, pointer))) return false;
    for (const { shape, frozen } of parameters) this.#resident += sizeOf(shape) * (frozen ? 1 : this.#copies);
    if (this.#resident <= mostResident) return true;
    this.#tell(() => {
      this.#context.report("model-too-large", { name, numbers: this.#resident }, { pointer });
    });
    return false;
  }

  #fits(what: string, shape: readonly number[], pointer: string): boolean {
    if (sizeOf(shape) <= mostCells) return true;
    this.#tell(() => {
      this.#context.report("tensor-too-large", { what, shape }, { pointer });
    });
    return false;
  }

  #tell(report: () => void): void {
    if (!this.#isTold) report();
    this.#isTold = true;
  }
}
