/** The kernels of a module, each once: those that differ in sizes alone have one function, named after all that use it. */
import type { AnyProgramName } from "@specloom/runtime/internal/contract";
import type { KernelFunction } from "../../code-text/gpu-module.ts";
import { identifierFrom, NameScope } from "../../code-text/names.ts";
import type { Kernel, Origin, RunStep } from "../../ir/program.ts";
import { documentationOf, printKernel, type PrintedKernel } from "./kernel.ts";
import { claimFor } from "./occasions.ts";

interface Entry {
  readonly kernel: Kernel;
  readonly printed: PrintedKernel;
  readonly program: AnyProgramName;
  /** Of all that use it, in order of first use. */
  readonly users: Origin[];
  name: string;
}

const phaseOrder: readonly Origin["phase"][] = ["forward", "loss", "backward", "clip", "update"];

export class KernelTable {
  readonly #names: NameScope;
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Map<Kernel, Entry>();

  constructor(taken: Iterable<string>) {
    this.#names = new NameScope(taken);
  }

  add({ kernel, output }: RunStep, program: AnyProgramName): void {
    const entry = this.#known.get(kernel) ?? this.#entryOf(kernel, program);
    this.#known.set(kernel, entry);
    // What belongs to no layer, such as zeros, does not belong to the one that it is made for either.
    const { layer, kind, part } = kernel.origin.layer === "" ? kernel.origin : output.buffer.origin;
    if (entry.users.some((user) => user.layer === layer && user.part === part)) return;
    entry.users.push({ ...kernel.origin, layer, kind, part });
  }

  #entryOf(kernel: Kernel, program: AnyProgramName): Entry {
    const printed = printKernel(kernel);
    const text = JSON.stringify([printed.parameters, printed.statements]);
    const entry = this.#entries.get(text) ?? { kernel, printed, program, users: [], name: "" };
    this.#entries.set(text, entry);
    return entry;
  }

  /** Names all of them, once all that use them are known. */
  close(): void {
    const owners = new Map<string, Entry>();
    for (const entry of this.#entries.values()) {
      const wish = wishFor(entry);
      const owner = owners.get(wish);
      entry.name = owner === undefined ? this.#names.claim(wish) : otherName(wish, entry, owner, this.#names);
      if (owner === undefined) owners.set(wish, entry);
    }
  }

  nameOf(kernel: Kernel): string {
    return this.#known.get(kernel)?.name ?? kernel.name;
  }

  /** By phase, and in it by layer: what a layer does in prediction stands beside what it does in training. */
  functions(): readonly KernelFunction[] {
    const layers = [...new Set([...this.#entries.values()].map(({ kernel }) => kernel.origin.layer))];
    const placeOf = ({ phase, layer }: Origin): readonly [number, number] => [
      phaseOrder.indexOf(phase),
      layers.indexOf(layer),
    ];
    return [...this.#entries.values()]
      .map(({ kernel, printed, users, name }) => ({
        name,
        ...printed,
        documentation: documentationOf(kernel, users),
        origin: kernel.origin,
      }))
      .sort((a, b) => {
        const [[phase, layer], [otherPhase, otherLayer]] = [placeOf(a.origin), placeOf(b.origin)];
        // Backwards layers come as they are gone through.
        return phase === otherPhase && phase !== phaseOrder.indexOf("backward")
          ? layer - otherLayer
          : phase - otherPhase;
      });
  }
}

/** `encoderGates`; of several layers what they have in common, `lstmGates`. */
function wishFor({ kernel, users }: Entry): string {
  const layer = common(users, ({ layer }) => layer) ?? common(users, ({ kind }) => kind) ?? "";
  const { phase } = kernel.origin;
  const shared = commonPart(users);
  // What clips and updates does so for all parameters alike.
  const part = phase === "clip" || phase === "update" ? "" : shared;
  const note = withoutPart(kernel.origin, shared);
  return identifierFrom(`${note}_`.startsWith(`${part}_`) ? `${layer} ${note}` : `${layer} ${part} ${note}`);
}

function common<Value>(users: readonly Origin[], of: (user: Origin) => Value): Value | undefined {
  const [first, ...others] = users.map(of);
  return others.every((other) => other === first) ? first : undefined;
}

/** `l1` of `l1` and `l1_reverse`. */
function commonPart(users: readonly Origin[]): string {
  const [first = [], ...others] = users.map(({ part = "" }) => part.split("_"));
  const differs = first.findIndex((word, place) => others.some((words) => words[place] !== word));
  return first.slice(0, differs < 0 ? undefined : differs).join("_");
}

/** `weight_ih_l0_gradient` of `weight_ih_l0_reverse_gradient`, for a kernel that both directions use. */
function withoutPart({ note, part = "" }: Origin, shared: string): string {
  const common = shared.split("_");
  const own = new Set(part.split("_").filter((word) => word !== "" && !common.includes(word)));
  const words = note.split("_").filter((word) => !own.has(word));
  return words.length === 0 ? note : words.join("_");
}

/** Where the name is another kernel's it says what for: `encoderCellStateInTraining`, or of what: `adamParameterOfVector`. */
function otherName(wish: string, { kernel, program, users }: Entry, owner: Entry, names: NameScope): string {
  if (owner.program !== program) return claimFor(names, wish, program);
  const rank = kernel.output.length;
  const ranked = identifierFrom(`${wish} of ${ranks[rank] ?? `rank ${rank}`}`);
  if (owner.kernel.output.length !== rank && !names.has(ranked)) return names.claim(ranked);
  const part = commonPart(users);
  return names.claim(part === "" ? wish : `${wish} of ${part}`);
}

const ranks = ["scalar", "vector", "matrix"];
