/** What is decoded, and how: of a decoder layer, of a ctc loss, or of whatever the key `decode` names. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { ResolvedLayer, ResolvedLoss } from "../../contracts/model.ts";
import type { DecodeFact } from "../../../runtime/contract.ts";
import { inputShape } from "../../data/input-shape.ts";
import { decodeKeys, tokenKeys } from "../../schema/decode.ts";
import { withDefaults } from "../../keys/define.ts";
import { memberOf } from "../../../runtime/shared/member-of.ts";
import { quote } from "../../support/words.ts";
import { layersFor, movingLayers, ownerOf, streamObstacle } from "./stream-obstacle.ts";
import type { ResolveContext } from "./context.ts";
import type { InputNeeds } from "./needs.ts";

export interface DecodeParts {
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly ResolvedLayer[];
  readonly losses: readonly ResolvedLoss[];
  /** Names of what predict returns. */
  readonly outputs: readonly string[];
  readonly needs: InputNeeds;
}

type Config = Readonly<Record<string, unknown>>;

/** Special tokens of the text kinds of data. */
const usualBos = 2;

/**
 * Without `decode`, the labels of a ctc loss whose input is put out, else the tokens of the one decoder layer. With it, what
 * `input` and `output` name, so that a model with both can be decoded either way; else the same.
 */
export function resolveDecode(context: ResolveContext, parts: DecodeParts): DecodeFact | undefined {
  const given = context.spec.decode;
  const config = withDefaults(decodeKeys, given ?? {});
  const aligned = new Map(parts.losses.flatMap((loss) => (loss.kind === "ctc" ? [[loss.input, loss] as const] : [])));
  const [ctc, ...furtherCtc] = aligned.values();
  const decoders = parts.layers.filter(({ kind }) => kind === "decoder");
  if (given === undefined) {
    const [decoder, ...further] = decoders;
    if (ctc !== undefined && parts.outputs.includes(ctc.input)) {
      return furtherCtc.length > 0 ? undefined : ofAlignment(context, parts, ctc, config);
    }
    return decoder === undefined || further.length > 0 ? undefined : ofTokens(context, parts, decoder, config);
  }
  const output = text(config, "output");
  const named = aligned.get(output ?? "");
  if (named !== undefined) return ofAlignment(context, parts, named, config);
  if (ctc === undefined || output !== undefined || text(config, "input") !== undefined) {
    const isNamed = ({ name, config: { target } }: ResolvedLayer): boolean =>
      output === undefined ? target === config["input"] : name === output;
    return ofTokens(context, parts, decoders.find(isNamed) ?? (output === undefined ? decoders[0] : undefined), config);
  }
  if (furtherCtc.length === 0) return ofAlignment(context, parts, ctc, config);
  const names = [...aligned.keys()].map(quote).join(" or ");
  return invalid(
    context,
    "output",
    "the layer whose labels are decoded, of several ctc losses",
    output,
    `name ${names}`,
  );
}

function ofTokens(
  context: ResolveContext,
  parts: DecodeParts,
  decoder: ResolvedLayer | undefined,
  config: Config,
): DecodeFact | undefined {
  const input = text(config, "input") ?? text(decoder?.config ?? {}, "target");
  const output = text(config, "output") ?? decoder?.name;
  const tokens = parts.inputs.find(({ name }) => name === input);
  const layer = parts.layers.find(({ name }) => name === output);
  const vocabulary = tokens?.vocabulary;
  if (tokens === undefined || vocabulary === undefined || !areTokens(tokens)) {
    const names = parts.inputs.filter(areTokens).map(({ name }) => quote(name));
    const help = `name the input that the model reads tokens from${names.length > 0 ? `: ${names.join(" or ")}` : ""}`;
    return invalid(context, "input", "an int32 input [B, T] with a vocabulary", input, help);
  }
  if (layer === undefined || !givesLogits(layer, vocabulary)) {
    const help = `name the layer that gives ${vocabulary} logits at every step`;
    return invalid(context, "output", `a layer [B, T, ${vocabulary}]`, output, help);
  }
  const bos = bosOf(config, decoder);
  const eos = Number(config["eos"]);
  for (const [key, token] of [
    ["bos", bos],
    ["eos", eos],
  ] as const) {
    if (token >= vocabulary) {
      return invalid(
        context,
        key,
        `a token below the vocabulary of ${vocabulary}`,
        token,
        "choose one that the tokens have",
      );
    }
  }
  if (isObstructed(context, parts, tokens.name, layer.name)) return undefined;
  const steps = inputShape(tokens).shape[0] ?? 1;
  return {
    ...searchOf(context, config, 2 * steps),
    from: "tokens",
    input: tokens.name,
    output: layer.name,
    bos,
    eos,
    blank: 0,
    needs: parts.needs.of(layer.name).filter((name) => name !== tokens.name),
    independent: independentOf(parts, tokens.name),
  };
}

function independentOf({ layers, outputs }: DecodeParts, input: string): readonly string[] {
  const moving = movingLayers({ layers }, new Set([input]));
  return outputs.filter((name) => !moving.has(ownerOf(name, moving)));
}

function bosOf(config: Config, decoder: ResolvedLayer | undefined): number {
  return Number(config["bos"] ?? decoder?.config["bos"] ?? usualBos);
}

/** What is decoded is written one token at a time: reports what of the model needs all of them at once. */
function isObstructed(context: ResolveContext, parts: DecodeParts, input: string, output: string): boolean {
  const stepped = new Set([input]);
  const needed = { inputs: parts.inputs, layers: layersFor(parts.layers, output), outputs: [], decode: { output } };
  const obstacle = movingLayers(needed, stepped).has(output)
    ? streamObstacle(needed, stepped)
    : `${quote(output)} does not depend on them`;
  if (obstacle === undefined) return false;
  // What nobody has asked for is not decoded.
  if (context.spec.decode === undefined) return true;
  const help = "let nothing between the two look ahead: causal attention, one direction, padding: causal";
  invalid(context, "input", `tokens that the model can read one by one (${obstacle})`, input, help);
  return true;
}

function areTokens({ dtype, shape, vocabulary }: ModelInput): boolean {
  return dtype === "int32" && shape.length === 1 && vocabulary !== undefined;
}

function givesLogits({ output }: ResolvedLayer, vocabulary: number): boolean {
  return output.time && output.shape.length === 2 && output.shape[1] === vocabulary;
}

function ofAlignment(
  context: ResolveContext,
  parts: DecodeParts,
  ctc: ResolvedLoss,
  config: Config,
): DecodeFact | undefined {
  const decoder = parts.layers.find(({ kind }) => kind === "decoder");
  const otherwise = decoder === undefined ? "" : `, or name what is searched instead: output: ${decoder.name}`;
  for (const key of tokenKeys) {
    if (key === "output" || memberOf(context.spec.decode ?? {}, key) === undefined) continue;
    const expected = `not given: the labels of the ctc loss of ${quote(ctc.input)} are decoded`;
    invalid(context, key, expected, config[key], `remove it${otherwise}`);
  }
  if (!parts.outputs.includes(ctc.input)) {
    const help = `add ${ctc.input} to outputs`;
    return invalid(
      context,
      "kind",
      `${quote(ctc.input)} among the outputs, for it is what is decoded`,
      config["kind"],
      help,
    );
  }
  const blank = Number(ctc.config["blank"] ?? 0);
  return {
    ...searchOf(context, config, 1),
    from: "alignment",
    input: "",
    output: ctc.input,
    bos: 0,
    eos: 0,
    blank,
    needs: parts.needs.of(ctc.input),
    independent: [],
  };
}

function searchOf(context: ResolveContext, config: Config, maxLength: number) {
  const [beamSize, nBest] = [Number(config["beam_size"]), Number(config["n_best"])];
  if (nBest > beamSize) {
    invalid(context, "n_best", `at most the beam_size of ${beamSize}`, nBest, "raise beam_size, or ask for fewer");
  }
  return {
    kind: config["kind"] as DecodeFact["kind"],
    beamSize,
    nBest,
    lengthPenalty: Number(config["length_penalty"]),
    maxLength: Number(config["max_length"] ?? maxLength),
  };
}

function text(config: Config, key: string): string | undefined {
  const given = memberOf(config, key);
  return typeof given === "string" ? given : undefined;
}

function invalid({ report, spec }: ResolveContext, key: string, expected: string, found: unknown, help: string) {
  const isGiven = spec.decode !== undefined && Object.hasOwn(spec.decode, key);
  const shown = found === undefined ? "not given" : JSON.stringify(found);
  const facts = { key, owner: "decode", expected, found: shown, help };
  return report("invalid-value", facts, { pointer: isGiven ? `/decode/${key}` : spec.decode ? "/decode" : "/layers" });
}
