/** Nothing is silently ignored: layers, inputs and parameters that no result depends on are errors. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { ResolvedLayer, ResolvedLoss } from "../../contracts/model.ts";
import type { ResolveContext } from "./context.ts";

export interface UsedParts {
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly ResolvedLayer[];
  readonly losses: readonly ResolvedLoss[];
  /** Names of outputs, dotted ones included. */
  readonly outputs: readonly string[];
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
}

export function checkUse({ report }: ResolveContext, parts: UsedParts): void {
  const trained = reach(
    parts,
    parts.losses.flatMap(({ input, layers = {} }) => [input, ...Object.values(layers)]),
  );
  const used = new Set([...trained, ...reach(parts, parts.outputs)]);
  for (const layer of parts.layers) {
    const at = { pointer: `${layer.pointer}/kind` };
    const trainable = layer.parameters.some(({ frozen }) => !frozen);
    if (!used.has(layer.name)) report("dead-layer", { name: layer.name }, at);
    else if (trainable && !trained.has(layer.name)) report("untrained-layer", { name: layer.name }, at);
  }
  if (parts.layers.every(({ parameters }) => parameters.every(({ frozen }) => frozen))) {
    report("nothing-to-train", undefined, { pointer: "/layers", part: "key" });
  }
  checkInputs({ report }, parts);
}

/** Counts what any layer reads, dead or not: a dead layer has its own message. */
function checkInputs({ report }: Pick<ResolveContext, "report">, parts: UsedParts): void {
  const read = new Set(Array.from(parts.dependencies.values()).flatMap((names) => Array.from(names)));
  for (const { target } of parts.losses) read.add(target);
  for (const { name, pointer } of parts.inputs) {
    const isDeclared = pointer.startsWith("/inputs/");
    if (!read.has(name)) report("unused-input", { name }, { pointer, part: isDeclared ? "key" : "value" });
  }
}

function reach(parts: UsedParts, from: readonly string[]): ReadonlySet<string> {
  const owners = new Set([...parts.dependencies.keys(), ...parts.inputs.map(({ name }) => name)]);
  const reached = new Set<string>();
  const open = from.map((name) => ownerOf(name, owners));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...(parts.dependencies.get(name) ?? []));
  }
  return reached;
}

/** `blocks.0.attention.weights` belongs to the longest of the names that begin it. */
function ownerOf(name: string, owners: ReadonlySet<string>): string {
  let owner = name;
  while (!owners.has(owner) && owner.includes(".")) owner = owner.slice(0, owner.lastIndexOf("."));
  return owner;
}
