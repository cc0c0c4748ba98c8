/** Codes of stage 3: names, shapes and values that are well formed but do not fit together. */
import { joinWords, quote } from "../../support/words.ts";
import { didYouMean } from "../suggest.ts";
import type { Wording } from "./define.ts";

/** Help that a record gives, in the form all help has. */
function asSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

export const meaningCodes = {
  "tensor-too-large": (facts: { readonly what: string; readonly shape: readonly number[] }): Wording => ({
    message: `${facts.what} would be [${facts.shape.join(", ")}], more than the ${2 ** 29} numbers (2 GiB) that one tensor may hold.`,
    help: "make batch_size, hidden_size, out_features, window or the shape of the input smaller.",
  }),

  "model-too-large": (facts: { readonly name: string; readonly numbers: number }): Wording => ({
    message:
      `up to ${quote(facts.name)} the parameters and the optimizer's state of each are ${facts.numbers} numbers, more than the ` +
      `${2 ** 30} (4 GiB) that a model may keep.`,
    help: "make hidden_size, out_features, vocabularies or embedding_dim smaller, or take an optimizer with less state (sgd).",
  }),

  "too-many-layers": (facts: { readonly count: number; readonly most: number }): Wording => ({
    message: `with what is repeated and stacked these are ${facts.count} layers, more than the ${facts.most} that one model may have.`,
    help: "lower times or num_layers; of groups inside groups they multiply, and every direction of a recurrent layer counts.",
  }),

  "duplicate-name": (facts: { readonly name: string; readonly what: string }): Wording => ({
    message: `${quote(facts.name)} already names ${facts.what}.`,
    help: "every layer and every input needs a name of its own.",
  }),

  "unknown-name": (facts: {
    readonly name: string;
    readonly what: string;
    readonly known: readonly string[];
  }): Wording => ({
    message: `there is no ${facts.what} named ${quote(facts.name)}.`,
    help: didYouMean(facts.name, facts.known, "names"),
  }),

  "unknown-output": (facts: {
    readonly layer: string;
    readonly kind: string;
    readonly output: string;
    readonly known: readonly string[];
  }): Wording => ({
    message: `${facts.kind} layer ${quote(facts.layer)} has no output named ${quote(facts.output)}.`,
    help: didYouMean(facts.output, facts.known, "further outputs"),
  }),

  "later-layer": (facts: { readonly name: string; readonly read: string }): Wording => ({
    message: `layer ${quote(facts.name)} reads ${quote(facts.read)}, which stands below it.`,
    help: `a layer reads inputs and layers above it; move ${quote(facts.read)} up.`,
  }),

  "layer-cycle": (facts: { readonly cycle: readonly string[] }): Wording => ({
    message:
      facts.cycle.length === 2
        ? `layer ${quote(facts.cycle[0] ?? "")} reads itself.`
        : `these layers read one another in a circle: ${facts.cycle.join(" -> ")}.`,
    help: "a layer reads inputs and layers above it; recurrence over time belongs inside a recurrent layer.",
  }),

  "ambiguous-input": (facts: { readonly name: string; readonly inputs: readonly string[] }): Wording => ({
    message: `the first layer ${quote(facts.name)} does not say which input it reads.`,
    help: `add from: with ${joinWords(facts.inputs.map(quote), "or")}.`,
  }),

  "no-input": (facts: { readonly name: string }): Wording => ({
    message: `there is no input that the first layer ${quote(facts.name)} could read.`,
    help: "every input is the target of a loss; add an input under inputs.",
  }),

  "reads-target": (facts: { readonly name: string; readonly target: string }): Wording => ({
    message: `layer ${quote(facts.name)} reads ${quote(facts.target)}, which is what the model has to predict.`,
    help: "targets are known in training only; read an input instead.",
  }),

  "input-count": (facts: {
    readonly layer: string;
    readonly kind: string;
    readonly expected: string;
    readonly found: number;
  }): Wording => ({
    message: `${facts.kind} layer ${quote(facts.layer)} reads ${facts.expected}, but is given ${facts.found}.`,
    help: "from: takes one name, or a list of names in brackets.",
  }),

  "wrong-dtype": (facts: {
    readonly layer: string;
    readonly kind: string;
    readonly input: string;
    readonly expected: string;
    readonly found: string;
    /** Whether it is a layer that is read. */
    readonly isMade?: boolean;
  }): Wording => ({
    message: `${facts.kind} layer ${quote(facts.layer)} computes with ${facts.expected} values, but ${facts.isMade === true ? "layer" : "input"} ${quote(facts.input)} holds ${facts.found}.`,
    help:
      facts.isMade === true
        ? `read an input that is declared as ${facts.expected}.`
        : `declare ${quote(facts.input)} as ${facts.expected}, or read another input.`,
  }),

  "shape-mismatch": (facts: {
    readonly reader: string;
    readonly expected: string;
    readonly found: string;
    readonly help: string;
  }): Wording => ({
    message: `${facts.reader} needs ${facts.expected}, but ${facts.found}.`,
    help: asSentence(facts.help),
  }),

  "invalid-value": (facts: {
    readonly key: string;
    readonly owner: string;
    readonly expected: string;
    readonly found: string;
    readonly help: string;
  }): Wording => ({
    message: `${quote(facts.key)} of ${facts.owner} is ${facts.found}; expected: ${facts.expected}.`,
    help: asSentence(facts.help),
  }),

  "nothing-to-freeze": (facts: { readonly owner: string }): Wording => ({
    message: `${facts.owner} has no parameters that could be frozen.`,
    help: "remove freeze.",
  }),

  "nothing-to-initialize": (facts: { readonly owner: string; readonly which: string }): Wording => ({
    message: `${facts.owner} has no ${facts.which} that could be initialised.`,
    help: "remove init, or change its applies_to.",
  }),

  "initializer-needs-matrix": (facts: { readonly kind: string; readonly parameter: string }): Wording => ({
    message: `${facts.kind} needs parameters with at least two axes, but ${quote(facts.parameter)} has one.`,
    help: "use applies_to: weights, or another kind such as uniform, zeros or constant.",
  }),

  "dead-layer": (facts: { readonly name: string }): Wording => ({
    message: `nothing uses layer ${quote(facts.name)}: no loss and no output depends on it.`,
    help: `remove it, read it in another layer, or list it under outputs.`,
  }),

  "untrained-layer": (facts: { readonly name: string }): Wording => ({
    message: `no loss depends on layer ${quote(facts.name)}, so its parameters would never be trained.`,
    help: "let a loss depend on it, or say freeze: true.",
  }),

  "nothing-to-train": (): Wording => ({
    message: "this model has no parameter that could be trained.",
    help: "add a layer with parameters, such as linear, or remove freeze from one.",
  }),

  "unused-input": (facts: { readonly name: string }): Wording => ({
    message: `no layer and no loss reads the input ${quote(facts.name)}.`,
    help: "remove it, or read it.",
  }),

  "loss-input-is-input": (facts: { readonly name: string }): Wording => ({
    message: `a loss compares the output of a layer with a target, but ${quote(facts.name)} is an input of the model.`,
    help: "name a layer.",
  }),

  "loss-target-is-layer": (facts: { readonly name: string; readonly targets: readonly string[] }): Wording => ({
    message: `a loss takes its target from the data, but ${quote(facts.name)} is a layer.`,
    help: `name one of: ${facts.targets.join(", ")}.`,
  }),

  "output-is-input": (facts: { readonly name: string }): Wording => ({
    message: `${quote(facts.name)} is an input of the model and cannot be an output too.`,
    help: "name layers, or further outputs of layers such as encoder.final_state.",
  }),

  "exclusive-keys": (facts: { readonly first: string; readonly second: string; readonly reason: string }): Wording => ({
    message: `${quote(facts.first)} and ${quote(facts.second)} cannot be given together: ${facts.reason}.`,
    help: "keep one of the two.",
  }),

  "no-validation-data": (facts: {
    readonly what: string;
    readonly how: string;
    readonly otherwise: string;
  }): Wording => ({
    message: `${facts.what} watches validation data, but this spec has none.`,
    help: `${facts.how}, or ${facts.otherwise}.`,
  }),

  "metric-needs-classes": (facts: { readonly metric: string }): Wording => ({
    message: `the metric ${quote(facts.metric)} counts classes, but every target here is a real number.`,
    help: "use mae, rmse or mape, or declare the target with dtype: int32.",
  }),

  "metric-needs-numbers": (facts: { readonly metric: string }): Wording => ({
    message: `the metric ${quote(facts.metric)} measures distances between numbers, but every target here is a class.`,
    help: "use accuracy, f1 or perplexity.",
  }),

  "metric-needs-places": (facts: { readonly metric: string }): Wording => ({
    message: `the metric ${quote(facts.metric)} compares step by step, but the loss leaves open at which step a label lies.`,
    help: "remove it; the loss itself is always reported.",
  }),

  "metric-needs-quantiles": (facts: { readonly metric: string }): Wording => ({
    message: `the metric ${quote(facts.metric)} scores the levels of a quantile loss, and no loss here is one.`,
    help: "use mae or rmse, or a loss of kind quantile.",
  }),
  "metric-needs-series": (facts: { readonly metric: string }): Wording => ({
    message: `the metric ${quote(facts.metric)} compares with the last value of the series, so it needs data of kind series.`,
    help: "use mae or rmse.",
  }),

  "metric-not-listed": (facts: { readonly metric: string; readonly listed: readonly string[] }): Wording => ({
    message: `early stopping watches ${quote(facts.metric)}, which is not computed.`,
    help: `add ${facts.metric} to metrics, or watch ${joinWords(["loss", ...facts.listed], "or")}.`,
  }),
};
