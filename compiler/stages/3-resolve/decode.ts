/** What is decoded, and how: of a decoder layer, of a ctc loss, or of whatever the key `decode` names. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { ResolvedLayer, ResolvedLoss } from "../../contracts/model.ts";
import type { DecodeFact } from "@specloom/runtime/internal/contract";
import { inputShape } from "../../data/input-shape.ts";
import { losses as lossTable } from "../../losses/index.ts";
import { decodeKeys, tokenKeys } from "../../schema/decode.ts";
import { withDefaults } from "../../keys/define.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { quote } from "../../support/words.ts";
import { layersFor, movingLayers, ownerOf, streamObstacle } from "./stream-obstacle.ts";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import { layerDefinition } from "./layer-definition.ts";
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
  const aligned = new Map(alignedLosses(parts).map((one) => [one.loss.input, one]));
  const [first, ...furtherAligned] = aligned.values();
  const writers = writersIn(parts);
  if (given === undefined) {
    const [writer, ...further] = writers;
    if (first !== undefined && parts.outputs.includes(first.loss.input)) {
      return furtherAligned.length > 0 ? undefined : ofAlignment(context, parts, first, config);
    }
    return writer === undefined || further.length > 0 ? undefined : ofTokens(context, parts, writer, config);
  }
  const output = text(config, "output");
  const named = aligned.get(output ?? "");
  if (named !== undefined) return ofAlignment(context, parts, named, config);
  if (first === undefined || output !== undefined || text(config, "input") !== undefined) {
    const isNamed = ({ layer, target }: Writer): boolean =>
      output === undefined ? target === config["input"] : layer.name === output;
    return ofTokens(context, parts, writers.find(isNamed) ?? (output === undefined ? writers[0] : undefined), config);
  }
  if (furtherAligned.length === 0) return ofAlignment(context, parts, first, config);
  const names = [...aligned.keys()].map(quote).join(" or ");
  return invalid(
    context,
    "output",
    `the layer whose labels are decoded, of several ${first.loss.kind} losses`,
    output,
    `name ${names}`,
  );
}

/** A layer that writes the tokens of an input, one after the other. */
interface Writer {
  readonly layer: ResolvedLayer;
  readonly target: string;
  readonly bos: number;
}

function writersIn({ layers }: DecodeParts): readonly Writer[] {
  return layers.flatMap((layer) => {
    const written = layerDefinition(layer).decodes?.(layer.config);
    return written === undefined ? [] : [{ layer, ...written }];
  });
}

interface AlignedLoss {
  readonly loss: ResolvedLoss;
  readonly blank: number;
}

function alignedLosses({ losses }: DecodeParts): readonly AlignedLoss[] {
  return losses.flatMap((loss) => {
    const alignment = recordOf(lossTable, loss.kind).aligns?.(loss.config);
    return alignment === undefined ? [] : [{ loss, blank: alignment.blank }];
  });
}

function ofTokens(
  context: ResolveContext,
  parts: DecodeParts,
  writer: Writer | undefined,
  config: Config,
): DecodeFact | undefined {
  const input = text(config, "input") ?? writer?.target;
  const output = text(config, "output") ?? writer?.layer.name;
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
  const bos = Number(config["bos"] ?? writer?.bos ?? usualBos);
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
    from: "tokens",
    ...searchOf(context, config),
    input: tokens.name,
    output: layer.name,
    bos,
    eos,
    putsBos: writersIn(parts).some(({ target }) => target === tokens.name),
    lengthPenalty: Number(config["length_penalty"]),
    maxLength: Number(config["max_length"] ?? 2 * steps),
    needs: parts.needs.of(layer.name).filter((name) => name !== tokens.name),
    independent: independentOf(parts, tokens.name),
  };
}

function independentOf({ layers, outputs }: DecodeParts, input: string): readonly string[] {
  const moving = movingLayers({ layers }, new Set([input]));
  return outputs.filter((name) => !moving.has(ownerOf(name, moving)));
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
  { loss, blank }: AlignedLoss,
  config: Config,
): DecodeFact | undefined {
  const [writer] = writersIn(parts);
  const otherwise = writer === undefined ? "" : `, or name what is searched instead: output: ${writer.layer.name}`;
  for (const key of tokenKeys) {
    if (key === "output" || memberOf(context.spec.decode ?? {}, key) === undefined) continue;
    const expected = `not given: the labels of the ${loss.kind} loss of ${quote(loss.input)} are decoded`;
    invalid(context, key, expected, config[key], `remove it${otherwise}`);
  }
  if (!parts.outputs.includes(loss.input)) {
    const help = `add ${loss.input} to outputs`;
    return invalid(
      context,
      "kind",
      `${quote(loss.input)} among the outputs, for it is what is decoded`,
      config["kind"],
      help,
    );
  }
  return {
    from: "alignment",
    ...searchOf(context, config),
    output: loss.input,
    blank,
    needs: parts.needs.of(loss.input),
  };
}

function searchOf(context: ResolveContext, config: Config): Pick<DecodeFact, "kind" | "beamSize" | "nBest"> {
  const [beamSize, nBest] = [Number(config["beam_size"]), Number(config["n_best"])];
  if (nBest > beamSize) {
    invalid(context, "n_best", `at most the beam_size of ${beamSize}`, nBest, "raise beam_size, or ask for fewer");
  }
  return {
    kind: config["kind"] as DecodeFact["kind"],
    beamSize,
    nBest,
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
