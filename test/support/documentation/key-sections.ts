/** Sections of the reference page about keys that have no kinds, or kinds that are a line each. */
import { publishedSchema } from "../../../compiler/schema/assemble.ts";
import { decodeKeys } from "../../../compiler/schema/decode.ts";
import { initializerCommonKeys, initializers } from "../../../compiler/schema/initializers.ts";
import type { Keys, KeySchema } from "../../../compiler/keys/define.ts";
import type { Metric } from "../../../compiler/metrics/define.ts";
import { metrics } from "../../../compiler/metrics/index.ts";
import { trainKeys } from "../../../compiler/schema/train.ts";
import { memberOf } from "../../../runtime/shared/member-of.ts";
import type { Schema } from "./keys.ts";
import { flow, valueWords } from "./keys.ts";
import { code, linkTo, prose, table, wrap } from "./markdown.ts";
import type { Section } from "./section.ts";
import { ownKeys, topLevel } from "./section.ts";

/** Titles of the sections that tell more of a key. */
const sections: Readonly<Record<string, string>> = {
  data: "Data",
  inputs: "Inputs",
  cells: "Cells",
  layers: "Layers",
  loss: "Losses",
  optimizer: "Optimizers",
  schedule: "Schedules",
  train: "Train",
  decode: "Decode",
  metrics: "Metrics",
};

export function specSection(): Section {
  const { anyOf, properties } = publishedSchema() as {
    readonly anyOf: readonly { readonly required: readonly string[] }[];
    readonly properties: Readonly<Record<string, Schema>>;
  };
  const required = anyOf[anyOf.length - 1]?.required ?? [];
  const rows = Object.entries(properties).map(([key, { description = "" }]) => {
    const section = memberOf(sections, key);
    return [
      section === undefined ? code(key) : linkTo(section, code(key)),
      required.includes(key) ? "**required**" : "optional",
      // A section says it in full.
      prose(section === undefined ? description : description.replace(/\. .*$/s, ".")),
    ];
  });
  return {
    title: "A spec",
    kinds: [],
    parts: [
      wrap("The keys of a file. One with `extends` need not repeat what it inherits."),
      table(["key", "", "meaning"], rows),
    ],
  };
}

export function inputSection(): Section {
  const inputs = topLevel()["inputs"] as Schema;
  return {
    title: "Inputs",
    kinds: [],
    parts: [wrap(prose(inputs.description ?? "")), ownKeys(schemaKeys(inputs.additionalProperties))],
  };
}

export function cellSection(): Section {
  const cells = topLevel()["cells"] as Schema;
  return {
    title: "Cells",
    kinds: [],
    parts: [
      wrap(`${prose(cells.description ?? "")} [cells.md](cells.md) tells how. Under \`cells\` each name has:`),
      ownKeys(schemaKeys(cells.additionalProperties)),
    ],
  };
}

export function trainSection(): Section {
  const description = prose(topLevel()["train"]?.description ?? "");
  return {
    title: "Train",
    kinds: [],
    parts: [wrap(`${description} [training.md](training.md) tells how an update is made.`), ownKeys(trainKeys)],
  };
}

export function decodeSection(): Section {
  return {
    title: "Decode",
    kinds: [],
    parts: [
      wrap(`${prose(topLevel()["decode"]?.description ?? "")} [decoding.md](decoding.md) tells how.`),
      ownKeys(decodeKeys),
    ],
  };
}

export function metricSection(): Section {
  const rows = metrics.map((metric) => [
    code(metric.kind),
    prose(metric.summary),
    code(metric.formula),
    wantedBy(metric),
  ]);
  return {
    title: "Metrics",
    kinds: [],
    parts: [
      wrap(
        "Computed on the original scale; padded steps count for nothing. x is what the model gives, y the target; where the loss reads logits or log probabilities beside a target of probabilities, x is the probability.",
      ),
      table(["metric", "what it is", "formula", "for"], rows),
    ],
  };
}

function wantedBy(metric: Metric): string {
  if (metric.of === "classes") return "int32 targets";
  if (metric.of === "quantiles") return "float32 targets of a quantile loss";
  return `float32 targets${metric.needsSeries === true ? " of a series" : ""}`;
}

export function initializerSection(): Section {
  const rows = initializers.map(({ kind, summary, keys }) => [
    code(kind),
    Object.entries(keys)
      .map(([key, schema]) => {
        const fallback = schema.default === undefined ? "required" : `default ${flow(schema.default)}`;
        return `${code(key)} (${valueWords(schema)}, ${fallback}): ${prose(schema.description)}`;
      })
      .join("<br>"),
    prose(summary),
  ]);
  return {
    title: "Initializers",
    kinds: [],
    parts: [
      wrap(
        "The key `init` of a layer, where its own default is not wanted. fan_in and fan_out are the columns and rows of a weight, as PyTorch counts them.",
      ),
      table(["kind", "keys", "values of a tensor"], rows),
      "All have:",
      ownKeys(initializerCommonKeys),
    ],
  };
}

/** Properties of a mapping in the published schema as keys. */
function schemaKeys(schema: unknown): Keys {
  const { properties = {}, required = [] } = schema as Schema;
  return Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [
      key,
      { ...(property as KeySchema), ...(required.includes(key) ? {} : { optional: true }) },
    ]),
  );
}
