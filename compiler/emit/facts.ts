/** The static facts of a generated module, as plain data of the runtime's contract. */
import type { Model } from "../contracts/model.ts";
import type { SequenceFacts } from "../contracts/programs.ts";
import type { Program } from "../ir/program.ts";
import { invariant } from "../support/internal-error.ts";
import type {
  FeedFact,
  InputFact,
  LossFact,
  ModelFacts,
  OutputFact,
  ParameterFact,
  TensorFact,
} from "@specloom/runtime/internal/contract";

/** A target that is aligned with a longer input may be empty. */
export function inputFacts(model: Model, { alignments }: SequenceFacts): readonly InputFact[] {
  return model.inputs.map(
    ({ name, role, shape, axes, dtype, vocabulary, range, lengths, mayBeMissing, trainingOnly }) => ({
      name,
      role,
      shape,
      axes,
      dtype,
      ...(vocabulary === undefined ? {} : { vocabulary }),
      ...(range === undefined ? {} : { range }),
      lengths,
      ...(trainingOnly === undefined ? {} : { trainingOnly }),
      ...(mayBeMissing && role === "target" ? { mayBeMissing } : {}),
      ...(lengths && alignments.some(({ target }) => target === name) ? { mayBeEmpty: true } : {}),
    }),
  );
}

/** As a module's definition has them. */
export function modelFacts(model: Model, sequences: SequenceFacts): ModelFacts {
  const { alignments } = sequences;
  return {
    name: model.name,
    batchSize: model.batchSize,
    inputs: inputFacts(model, sequences),
    outputs: outputFacts(model, sequences),
    parameters: parameterFacts(model),
    losses: lossFacts(model),
    metrics: model.metrics,
    training: model.training,
    data: model.data,
    ...(alignments.length === 0 ? {} : { alignments }),
    spec: model.spec,
  };
}

export function outputFacts(model: Model, { outputLengths }: SequenceFacts): readonly OutputFact[] {
  const asked = model.inputs.filter(({ role, trainingOnly }) => role === "input" && trainingOnly !== true);
  return model.outputs.map(({ name, shape: { shape, axes }, needs, scope }) => {
    const lengths = outputLengths.get(name);
    return {
      name,
      shape,
      axes,
      ...(needs === undefined || needs.length === asked.length ? {} : { needs }),
      ...(lengths === undefined ? {} : { lengths }),
      ...(scope === undefined ? {} : { scope }),
    };
  });
}

export function lossFacts(model: Model): readonly LossFact[] {
  return model.losses.map(({ fact }) => fact);
}

export function parameterFacts(model: Model): readonly ParameterFact[] {
  return model.parameters.map(({ name, shape, initializer, frozen, statistic }) => ({
    name,
    shape,
    initializer,
    frozen,
    ...(statistic === undefined ? {} : { statistic }),
  }));
}

/** What comes with each call of a program. */
export function feedsOf(program: Program): readonly FeedFact[] {
  return argumentsOf(program).flatMap(({ name, role, shape }) =>
    role === "parameter" || role === "state" ? [] : [{ name, role, shape }],
  );
}

function argumentsOf(program: Program) {
  return program.buffers.flatMap(({ name, role, external, shape }) => {
    if (role === "intermediate") return [];
    invariant(external !== undefined, `argument ${name} has no outside name`);
    return [{ name: external, role, shape }];
  });
}

export function resultsOf(program: Program): readonly TensorFact[] {
  return program.results.map(({ name, buffer }) => ({ name, shape: buffer.shape }));
}
