import type { ModelInput } from "../contracts/layer.ts";
import type { InputSpec } from "../contracts/spec.ts";
import type { TensorsSection } from "@specloom/runtime/internal/contract";
import { legend } from "../support/legend.ts";
import { pointerTo } from "../support/pointer.ts";
import type { DataContext, DataDefinition } from "./define.ts";
import { Sizes, tensorOf } from "./sizes.ts";
import { checkOrder, checkSplit, fillOrder, fillSplit, orderKeys, splitSchema } from "./split.ts";
import { isLengths, lengthsOf } from "@specloom/runtime/internal/shared/names";

const furtherFiles = ["validation_file", "test_file"] as const;

/** Named arrays whose first axis counts the examples. `inputs` says which of them the model uses, and their shapes. */
export const tensors: DataDefinition = {
  kind: "tensors",
  summary: "Named arrays from a file; the first axis counts the examples.",
  keys: {
    file: {
      type: "string",
      minLength: 1,
      description: "JSON of named nested arrays, or safetensors, relative to this spec.",
    },
    validation_file: {
      type: "string",
      minLength: 1,
      optional: true,
      description: "A file of the same names to watch training with.",
    },
    test_file: {
      type: "string",
      minLength: 1,
      optional: true,
      description: "A file of the same names for the evaluation.",
    },
    split: splitSchema("Fractions of the examples; only without further files.", undefined, orderKeys),
  },
  fileKeys: ["file", ...furtherFiles],
  check: ({ spec, config, facts, report }) => {
    const given = furtherFiles.filter((key) => config[key] !== undefined);
    const { split } = spec.data;
    if (split === undefined) return;
    if (given.length > 0) report("split-beside-files", { files: given }, { pointer: "/data/split", part: "key" });
    checkSplit(fillSplit(split), false, report);
    const held = facts?.tensors;
    const groups = held && Object.keys(held).filter((name) => isGroup(tensorOf(facts, name)));
    checkOrder(split, groups, report);
  },
  inputs: (context) => {
    const { spec, facts, report } = context;
    if (!spec.inputs || Object.keys(spec.inputs).length === 0) {
      const names = Object.keys(facts?.tensors ?? {}).filter((name) => !isLengths(name));
      return report("missing-inputs", { kind: "tensors", names }, { pointer: spec.inputs ? "/inputs" : "/data/kind" });
    }
    const sizes = new Sizes(spec, facts, report);
    const inputs = Object.entries(spec.inputs).map(([name, input]) => resolveInput(context, sizes, name, input));
    if (!inputs.some(({ pointer }) => spec.broken?.has(pointer))) sizes.reportUnused();
    checkExampleCounts(context);
    return inputs;
  },
  hasValidation: (config) => config.validation_file !== undefined || fillSplit(config.split ?? {}).validation > 0,
  validationHelp: "add validation_file or a split with a validation part to data",
  fill: (config) => {
    if (config.split !== undefined) return { split: { ...fillSplit(config.split), ...fillOrder(config.split) } };
    const alone = furtherFiles.every((key) => config[key] === undefined);
    return alone ? { split: { train: 1, validation: 0, test: 0 } } : {};
  },
  fact: (config) => ({ kind: "tensors", ...(config as unknown as Omit<TensorsSection, "kind">) }),
  impliesInputs: false,
  isSeries: false,
  examples: [
    {
      config: { file: "data/pairs.json", split: { train: 0.9, validation: 0.1, order: "scattered", group: "speaker" } },
      inputs: {
        source: { shape: [12, 3], lengths: true },
        target: { shape: [8], dtype: "int32", vocabulary: 50, lengths: true },
      },
      targets: ["target"],
    },
  ],
};

/** A whole number per example. */
function isGroup(tensor: ReturnType<typeof tensorOf>): boolean {
  return tensor?.dtype === "int32" && tensor.shape.length === 1;
}

function resolveInput(context: DataContext, sizes: Sizes, name: string, input: InputSpec): ModelInput {
  const { spec, report, lossTargets } = context;
  const pointer = pointerTo("/inputs", name);
  const dtype = input.dtype ?? "float32";
  const role = lossTargets.has(name) ? "target" : "input";
  const unknown: ModelInput = { name, role, shape: [], axes: [], dtype, lengths: false, pointer, unknown: true };
  if (spec.broken?.has(pointer) === true) return unknown;
  if (input.vocabulary !== undefined && dtype !== "int32") {
    report("vocabulary-of-numbers", { name }, { pointer: `${pointer}/vocabulary`, part: "key" });
  }
  if (input.lengths === true && input.shape.length === 0) {
    report("lengths-without-time", { name }, { pointer: `${pointer}/lengths`, part: "key" });
  }
  const shape = sizes.resolve(name, input.shape);
  const matches = matchesFacts(context, name, input, shape);
  if (!shape || !matches) return unknown;
  return {
    name,
    role,
    shape,
    axes: input.shape.map(String),
    dtype,
    ...(input.vocabulary === undefined ? {} : { vocabulary: input.vocabulary }),
    lengths: input.lengths ?? false,
    pointer,
  };
}

/** Whether the tensor in the file is what the spec says it is; true when nobody has looked into the file. */
function matchesFacts(
  { spec, facts, report }: DataContext,
  name: string,
  input: InputSpec,
  shape: readonly number[] | undefined,
): boolean {
  if (!facts?.tensors) return true;
  const pointer = pointerTo("/inputs", name);
  const tensor = tensorOf(facts, name);
  const known = Object.keys(facts.tensors);
  const read = Object.keys(spec.inputs ?? {}).flatMap((input) => [input, lengthsOf(input)]);
  const unread = known.filter((one) => !read.includes(one));
  if (!tensor) {
    report("unknown-tensor", { name, known, unread }, { pointer, part: "key" });
    return false;
  }
  if (input.dtype === "int32" && tensor.dtype !== "int32") {
    report("tensor-dtype", { name }, { pointer: `${pointer}/dtype` });
  }
  const lengths = tensorOf(facts, lengthsOf(name));
  if (input.lengths === true && !(lengths?.dtype === "int32" && lengths.shape.length === 1)) {
    report("missing-lengths", { name, unread }, { pointer: `${pointer}/lengths`, part: "key" });
  }
  const [examples = 0, ...found] = tensor.shape;
  const fits =
    found.length === input.shape.length &&
    input.shape.every((entry, axis) => typeof entry === "string" || entry === found[axis]);
  if (fits) return true;
  const declared = shape ? legend({ shape, axes: input.shape.map(String) }) : `[${["B", ...input.shape].join(", ")}]`;
  const held = `[${tensor.shape.join(", ")}] (${examples} examples of [${found.join(", ")}])`;
  report("tensor-shape", { name, declared, found: held }, { pointer: `${pointer}/shape` });
  return false;
}

function checkExampleCounts({ spec, facts, report }: DataContext): void {
  const counted = Object.keys(spec.inputs ?? {}).flatMap((name) => {
    const count = tensorOf(facts, name)?.shape[0];
    return count === undefined ? [] : [{ name, count }];
  });
  const [first, ...others] = counted;
  for (const { name, count } of others) {
    if (!first || count === first.count) continue;
    const pointer = pointerTo("/inputs", name);
    const notes = [{ message: `${first.name} holds ${first.count}.`, pointer: pointerTo("/inputs", first.name) }];
    const facts = { name, found: count, other: first.name, expected: first.count };
    report("tensor-examples", facts, { pointer, part: "key", notes });
  }
}
