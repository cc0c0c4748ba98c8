/** docs/reference.md: every kind, key, default, shape rule, formula and source. Nothing in it is known here; the tables say it. */
import { dataKinds } from "../../../compiler/data/index.ts";
import { groups, layers } from "../../../compiler/layers/index.ts";
import type { LayerDefinition } from "../../../compiler/layers/index.ts";
import { stepwise } from "../../../compiler/layers/define.ts";
import { losses } from "../../../compiler/losses/index.ts";
import type { OptimizerDefinition } from "../../../compiler/optimizers/index.ts";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { scheduleKeys, schedules } from "../../../compiler/schedules/index.ts";
import { groupKeys, layerKeys, lossKeys, optimizerKeys } from "../../../compiler/schema/common.ts";
import { withDefaults } from "../../../compiler/keys/define.ts";
import { countOf, joinWords } from "../../../compiler/support/words.ts";
import { dataExample, groupShapes, layerExample, lossExample, tellingLayers, tellingLosses } from "./examples.ts";
import {
  cellSection,
  decodeSection,
  initializerSection,
  inputSection,
  metricSection,
  specSection,
  trainSection,
} from "./key-sections.ts";
import type { Schema } from "./keys.ts";
import { flow, valueWords } from "./keys.ts";
import { block, code, kindTitle, linkTo, prose, wrap, wrapped } from "./markdown.ts";
import type { Section } from "./section.ts";
import { ownKeys, topLevel } from "./section.ts";

/** The whole page as Markdown. */
export function referencePage(): string {
  const sections = [
    specSection(),
    dataSection(),
    inputSection(),
    layerSection(),
    groupSection(),
    cellSection(),
    lossSection(),
    optimizerSection(),
    scheduleSection(),
    trainSection(),
    decodeSection(),
    metricSection(),
    initializerSection(),
  ];
  const parts = [
    "# Reference",
    wrap(
      "Everything a spec can say. This page is generated from the tables of the compiler and says what they say; " +
        "do not edit it. In shapes B is the batch, which is always the first axis and never written in a spec; the other letters " +
        "are named after PyTorch's. Defaults, layouts and the names of parameters are PyTorch's.",
    ),
    sections.map(contentsLine).join("\n"),
    ...sections.flatMap(({ title, parts: own }) => [`## ${title}`, ...own]),
  ];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

function contentsLine({ title, kinds }: Section): string {
  const links = kinds.map(([kind, text]) => linkTo(kind, text)).join(", ");
  return wrap(`- ${linkTo(title, title)}${links === "" ? "" : `: ${links}`}`, "  ");
}

// --- the parts of a kind ---------------------------------------------------------------------------------------------

const heading = (level: number, title: string): string => `${"#".repeat(level)} ${title}`;

/** One formula a line; a semicolon within brackets divides no formulas. */
function formulaBlock(formula: string): string {
  const lines = formula
    .split(/; (?![^[(]*[\])])/)
    .flatMap((line, index, all) => wrapped(index + 1 < all.length ? `${line};` : line, "    ", 112));
  return block("text", lines);
}

function sourceLine(source: string): string {
  return wrap(`Source: ${prose(source)}.`);
}

/** Worked examples in YAML, an empty line between them. */
function examplesBlock(examples: readonly (readonly string[])[]): string {
  return block(
    "yaml",
    examples.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])),
  );
}

// --- sections --------------------------------------------------------------------------------------------------------

function dataSection(): Section {
  const title = (kind: string): string => kindTitle("data", kind);
  return {
    title: "Data",
    kinds: dataKinds.map(({ kind }) => [title(kind), kind]),
    parts: [
      "[data.md](data.md) shows the files that they read, with a whole example.",
      ...dataKinds.flatMap((data) => [
        heading(3, title(data.kind)),
        wrap(prose(data.summary)),
        ownKeys(data.keys),
        examplesBlock(data.examples.map((example) => dataExample(data, example))),
      ]),
    ],
  };
}

function layerSection(): Section {
  const init = `| ${code("init")} | ${linkTo("Initializers", "an initializer")} | optional | How its parameters start. |`;
  return {
    title: "Layers",
    kinds: layers.map(({ kind }) => [kindTitle("layer", kind), kind]),
    parts: [
      wrap(
        "Every layer has these keys beside `kind`. Further outputs have dotted names: `.final_state` below is " +
          "`encoder.final_state` of a layer called `encoder`, and its parameters are called `encoder.weight_ih_l0` and so on.",
      ),
      `${ownKeys(layerKeys)}\n${init}`,
      wrap(
        "The examples show the shapes that follow from the shape rule. *streams* says whether the layer can go step by step " +
          "(`m.stream()`).",
      ),
      ...layers.flatMap(layerParts),
    ],
  };
}

function layerParts(layer: LayerDefinition): readonly string[] {
  const { min, max } = layer.inputs;
  const count = min === max ? countOf(min, "input") : `${min} ${max - min > 1 ? "to" : "or"} ${countOf(max, "input")}`;
  const reads = `Reads ${count}${layer.dtype === "int32" ? " of whole numbers (int32)" : ""}.`;
  const stream =
    layer.stream === undefined
      ? " Needs whole sequences: it does not stream."
      : layer.stream === stepwise
        ? " Never looks at another step: it streams."
        : "";
  return [
    heading(3, kindTitle("layer", layer.kind)),
    wrap(prose(layer.summary)),
    formulaBlock(layer.formula),
    sourceLine(layer.source),
    reads + stream,
    ownKeys(layer.keys),
    examplesBlock(tellingLayers(layer.examples).map((example) => layerExample(layer, example))),
  ];
}

function groupSection(): Section {
  const title = (kind: string): string => kindTitle("group", kind);
  const further = Object.fromEntries(Object.entries(groupKeys).filter(([key]) => !Object.hasOwn(layerKeys, key)));
  return {
    title: "Groups",
    kinds: groups.map(({ kind }) => [title(kind), kind]),
    parts: [
      wrap(
        `Items of \`layers\` that hold layers. They have ${joinWords(Object.keys(layerKeys).map(code), "and")} as layers do, and:`,
      ),
      ownKeys(further),
      ...groups.flatMap(({ kind, summary, formula, source, keys, end, example }) => [
        heading(3, title(kind)),
        wrap(prose(summary)),
        formulaBlock(formula),
        sourceLine(source),
        ownKeys(keys),
        block("yaml", [example, ...groupShapes(end).flatMap((line) => wrapped(line, "#   "))]),
      ]),
    ],
  };
}

function lossSection(): Section {
  const title = (kind: string): string => kindTitle("loss", kind);
  return {
    title: "Losses",
    kinds: losses.map(({ kind }) => [title(kind), kind]),
    parts: [
      "Every loss has these keys beside `kind`, unless it restates one.",
      ownKeys(lossKeys()),
      ...losses.flatMap((loss) => [
        heading(3, title(loss.kind)),
        wrap(prose(loss.summary)),
        formulaBlock(loss.formula),
        sourceLine(loss.source),
        ownKeys(loss.keys),
        examplesBlock(tellingLosses(loss.examples).map((example) => lossExample(loss, example))),
      ]),
    ],
  };
}

function optimizerSection(): Section {
  const title = (kind: string): string => kindTitle("optimizer", kind);
  return {
    title: "Optimizers",
    kinds: optimizers.map(({ kind }) => [title(kind), kind]),
    parts: [
      wrap(
        "In formulas p is a parameter, g its gradient, lr the learning rate and t the number of the update, from 1.",
      ),
      ...optimizers.flatMap((optimizer) => [
        heading(3, title(optimizer.kind)),
        wrap(prose(optimizer.summary)),
        formulaBlock(optimizer.formula),
        sourceLine(optimizer.source),
        ownKeys({ ...optimizerKeys(optimizer.learningRate), ...optimizer.keys }),
        wrap(stateText(optimizer)),
      ]),
    ],
  };
}

/** What is kept per parameter, by default and with each key set otherwise. */
function stateText({ keys, slots }: OptimizerDefinition): string {
  const defaults = withDefaults(keys, {});
  const usual = slots(defaults);
  const others = Object.entries(keys).flatMap(([key, schema]) => {
    const value = schema.type === "boolean" ? schema.default !== true : schema.default === 0 ? 0.5 : undefined;
    if (value === undefined) return [];
    const added = slots({ ...defaults, [key]: value }).filter((slot) => !usual.includes(slot));
    const setting = value === 0.5 ? `${code(key)} above 0` : code(`${key}: ${flow(value)}`);
    return added.length === 0 ? [] : [` With ${setting} also ${joinWords(added.map(code), "and")}.`];
  });
  const kept = usual.length === 0 ? "nothing" : joinWords(usual.map(code), "and");
  return `State per parameter: ${kept}.${others.join("")}`;
}

function scheduleSection(): Section {
  const title = (kind: string): string => kindTitle("schedule", kind);
  const common = Object.keys(scheduleKeys({ per: ["step"] }));
  return {
    title: "Schedules",
    kinds: schedules.map(({ kind }) => [title(kind), kind]),
    parts: [
      wrap(prose((topLevel()["schedule"] as Schema).description ?? "")),
      wrap(
        `In formulas lr is the learning rate of the optimizer and t the updates or epochs behind. All have ${joinWords(common.map(code), "and")}:`,
      ),
      ownKeys(scheduleKeys({ per: [...new Set(schedules.flatMap(({ per }) => per))] as ["step", "epoch"] })),
      ...schedules.flatMap((schedule) => [
        heading(3, title(schedule.kind)),
        wrap(prose(schedule.summary)),
        formulaBlock(schedule.formula),
        sourceLine(schedule.source),
        `${code("per")} is ${valueWords(scheduleKeys(schedule)["per"] ?? {})}; default ${code(schedule.per[0])}.`,
        ownKeys(schedule.keys),
      ]),
    ],
  };
}
