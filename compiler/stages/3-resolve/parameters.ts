/** Parameters of a layer with `init` and `freeze` applied. */
import { quote } from "../../support/words.ts";
import type { ParameterFact } from "../../contracts/layer.ts";
import type { LayerSpec } from "../../contracts/spec.ts";
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { ParameterSpec, StatisticSpec } from "../../layers/define.ts";
import { initializerCommonKeys, initializers } from "../../schema/initializers.ts";
import type { Fans, InitializerDefinition } from "../../schema/initializers.ts";
import { withDefaults } from "../../keys/define.ts";
import { isRecord } from "../../support/plain.ts";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import type { NamedLayer } from "./names.ts";

interface Init {
  readonly definition: InitializerDefinition;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Padding stays zero, however the rest begins. */
function zeroRowOf({ initializer: { zeroRow } }: ParameterSpec): { readonly zeroRow?: number } {
  return zeroRow === undefined ? {} : { zeroRow };
}

export function resolveParameters(
  context: ResolveContext,
  layer: NamedLayer,
  declared: readonly ParameterSpec[],
): readonly ParameterFact[] {
  const { report } = context;
  const { spec } = layer;
  const owner = `${layer.kind} layer ${quote(layer.name)}`;
  if (spec.freeze === true && declared.length === 0 && layer.inner.length === 0) {
    report("nothing-to-freeze", { owner }, { pointer: `${layer.pointer}/freeze`, part: "key" });
  }
  const init = initOf(spec);
  if (init && !declared.some((parameter) => isMeant(init, parameter))) {
    const scope = init.config["applies_to"];
    const which = scope === "all" ? "parameters" : String(scope);
    report("nothing-to-initialize", { owner, which }, { pointer: `${layer.pointer}/init`, part: "key" });
  }
  const unfit =
    init?.definition.needsFans === true && declared.find((one) => isMeant(init, one) && one.shape.length < 2);
  if (init && unfit) {
    const facts = { kind: init.definition.kind, parameter: unfit.name };
    report("initializer-needs-matrix", facts, { pointer: `${layer.pointer}/init/kind` });
  }
  return declared.map((parameter) => ({
    name: `${layer.name}.${parameter.name}`,
    shape: parameter.shape,
    initializer:
      init && isMeant(init, parameter)
        ? { ...init.definition.make(init.config, fansOf(parameter.shape)), ...zeroRowOf(parameter) }
        : parameter.initializer,
    frozen: layer.frozen,
    layer: layer.name,
  }));
}

/** `init` and `freeze` are about what gradients train: statistics start and go on as they always do, as in PyTorch. */
export function resolveStatistics(layer: NamedLayer, declared: readonly StatisticSpec[]): readonly ParameterFact[] {
  return declared.map(({ name, shape, initial, dtype }) => ({
    name: `${layer.name}.${name}`,
    shape,
    initializer: { kind: "constant", value: initial },
    frozen: true,
    statistic: dtype,
    layer: layer.name,
  }));
}

/** What an `init` that the schema has let through makes of a tensor. */
export function initializerFrom(init: unknown): (shape: readonly number[]) => Initializer {
  const spec = { kind: "", init };
  const { definition, config } = initOf(spec) as Init;
  return (shape) => definition.make(config, fansOf(shape));
}

/** `init` with its defaults; undefined when there is none. */
export function filledInit(spec: LayerSpec): Readonly<Record<string, unknown>> | undefined {
  if (!isRecord(spec.init)) return undefined;
  const definition = recordOf(initializers, String(spec.init["kind"]));
  return { kind: definition.kind, ...withDefaults({ ...definition.keys, ...initializerCommonKeys }, spec.init) };
}

function initOf(spec: LayerSpec): Init | undefined {
  const config = filledInit(spec);
  return config && { definition: recordOf(initializers, String(config["kind"])), config };
}

function isMeant({ config }: Init, parameter: ParameterSpec): boolean {
  const isBias = /(^|[._])bias/.test(parameter.name);
  return config["applies_to"] === "all" || isBias === (config["applies_to"] === "biases");
}

/** As torch.nn.init counts: axis 0 is out, axis 1 is in, further axes are a receptive field. */
function fansOf(shape: readonly number[]): Fans {
  const [out = 1, columns = 1, ...field] = shape;
  const receptive = field.reduce((product, size) => product * size, 1);
  return { fanIn: columns * receptive, fanOut: out * receptive };
}
