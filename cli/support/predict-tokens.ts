/** What a model writes token by token: decoded from the examples of a file, gone on with from beginnings, or from nothing. */
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import type { TokenDecodeFact, ModelDefinition } from "@specloom/runtime/internal/contract";
import type { Hypothesis } from "@specloom/runtime/internal/contract-live";
import { nameHelp } from "@specloom/runtime/internal/nearest-name";
import { checkTensors } from "../data/tensor-check.ts";
import type { TensorFile } from "../data/tensor-file.ts";
import { countOf } from "../data/wording.ts";
import { decodedExamples, promptFact, readsOwnTokensOnly } from "@specloom/runtime/internal/model/decoded-examples";
import { predictedInputs } from "@specloom/runtime/internal/model/stand-ins";
import { Problem } from "@specloom/runtime/internal/problem";
import { shapeText } from "@specloom/runtime/internal/tensor";
import { bestOf, readNeeded, wantedOf } from "./predict-tensors.ts";
import type { GivenInput, PredictionRequest } from "../data-kinds/define.ts";
import type { Session } from "./session.ts";
import { WrittenOutputs } from "./written-outputs.ts";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

export interface TokenRequest extends Pick<PredictionRequest, "session" | "live"> {
  readonly decode: TokenDecodeFact;
  /** Undefined: the model writes from nothing. */
  readonly input: GivenInput | undefined;
}

export async function predictTokens({ session, live, decode, input }: TokenRequest): Promise<void> {
  const { definition } = live;
  const file = input === undefined ? undefined : await readNeeded(session, input, unneededBy(definition, decode));
  const tensors = file === undefined ? {} : await tensorsIn(file, definition, decode);
  const examples = inFile(file, () => decodedExamples(definition, decode, tensors));
  session.note(announcement(definition, decode, file, examples.length));
  const decoded = await live.decode(tensors);
  const outputs = new WrittenOutputs(live, decode, tensors);
  for (const [index, example] of examples.entries()) {
    const hypotheses = decoded[index] ?? [];
    const { prompt } = example;
    const isGiven = file !== undefined && readsOwnTokensOnly(definition);
    const found = { example: index + 1, ...(isGiven ? { prompt } : {}), ...bestOf(hypotheses) };
    if (session.json) {
      session.emit({ ...found, decoded: hypotheses, outputs: await outputs.along(index, example, hypotheses[0]) });
    } else {
      session.print(jsonText(found));
    }
  }
  noteCut(session, decoded);
  outputs.notes().forEach((note) => {
    session.note(note);
  });
}

/** What the file may hold and is not looked at: what the model was to predict, and beside a source the tokens it writes. */
function unneededBy(definition: ModelDefinition, { input, needs }: TokenDecodeFact): readonly string[] {
  const goesOn = readsOwnTokensOnly(definition);
  const read = [...predictedInputs(definition).map(({ name }) => name), ...needs].filter(
    (name) => name !== input || goesOn,
  );
  return definition.inputs.map(({ name }) => name).filter((name) => !read.includes(name));
}

async function tensorsIn(
  file: TensorFile,
  definition: ModelDefinition,
  { input, needs }: TokenDecodeFact,
): Promise<Readonly<Record<string, Float32Array>>> {
  if (!readsOwnTokensOnly(definition)) {
    const { wanted, optional } = wantedOf(file, definition, { needs, without: input });
    return (await checkTensors(file, wanted, {}, optional)).tensors;
  }
  const lengths = lengthsOf(input);
  const hasLengths = file.tensors.has(lengths);
  const width = widthOf(file, input);
  const wanted = definition.inputs
    .filter(({ name }) => name === input)
    .map((fact) => promptFact(fact, width, hasLengths));
  const { count, tensors } = await checkTensors(file, wanted, {}, hasLengths ? [] : [lengths]);
  return hasLengths ? tensors : { ...tensors, [lengths]: new Float32Array(count).fill(width) };
}

/** Tokens of each beginning. */
function widthOf({ file, tensors, placeOf }: TensorFile, name: string): number {
  const shape = tensors.get(name)?.shape;
  const help = `beginnings are lists of tokens, one list each: "${name}": [[2, 4, 5], [2, 7, 8]], with "${lengthsOf(name)}" where they are padded.`;
  if (shape === undefined) {
    const held = nameHelp(name, [...tensors.keys()], "tensors");
    throw new Problem({
      code: "missing-tensor",
      message: `the file has no tensor "${name}" [examples, tokens] to go on from; ${held}`,
      help,
      file,
    });
  }
  const [, width = 0] = shape;
  if (shape.length === 2 && width > 0) return width;
  const message = `"${name}" is ${shapeText(shape)}, but [examples, tokens] was expected, with a token at least.`;
  throw new Problem({ code: "tensor-shape", message, help, ...placeOf(name) });
}

/** @throws Problem with the file as its place */
function inFile<Result>(file: TensorFile | undefined, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof Problem && file !== undefined ? error.at({ file: file.file }) : error;
  }
}

function announcement(
  definition: ModelDefinition,
  { kind, beamSize }: TokenDecodeFact,
  file: TensorFile | undefined,
  count: number,
): string {
  const search = kind === "greedy" ? "greedy search" : `beam search, beam_size ${String(beamSize)}`;
  if (file === undefined) return `written from nothing, since no file is named and standard input is empty (${search})`;
  return readsOwnTokensOnly(definition)
    ? `going on from ${countOf(count, "beginning")} in ${file.file} (${search})`
    : `decoding ${countOf(count, "example")} of ${file.file} (${search})`;
}

function noteCut(session: Session, decoded: readonly (readonly Hypothesis[])[]): void {
  const cut = decoded.filter(([best]) => best?.complete === false).length;
  if (cut === 0) return;
  const subject = cut === 1 ? "1 example was" : `${String(cut)} examples were`;
  session.note(`${subject} cut at the greatest length before the token of the end ("complete":false)`);
}
