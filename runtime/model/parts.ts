/** Calls that not every model can answer: those of its model are fetched when it is created, so that a page loads no others. */
import type { ModelDefinition } from "../contract.ts";
import { messageOf } from "../devices/failure.ts";
import { Problem } from "../problem.ts";
import type * as decode from "./decode.ts";
import type * as streams from "./streams.ts";
import type * as update from "./update.ts";

/**
 * Loaded or not yet: a call of what a model cannot do loads the part that says why. What a model can do is there from the start, so
 * that its calls are checked and take their turn when they are made.
 */
export interface LiveParts {
  readonly update?: typeof update;
  readonly streams?: typeof streams;
  readonly decode?: typeof decode;
}

export const loadUpdate = (): Promise<typeof update> => loaded(() => import("./update.ts"));
export const loadStreams = (): Promise<typeof streams> => loaded(() => import("./streams.ts"));
export const loadDecode = (): Promise<typeof decode> => loaded(() => import("./decode.ts"));

/** @throws Problem `backend-unavailable` where a part cannot be loaded */
export async function partsOf({ programs, stream, decode: decoding }: ModelDefinition): Promise<LiveParts> {
  const decodes = decoding !== undefined;
  const [ofUpdate, ofStreams, ofDecode] = await Promise.all([
    programs.includes("train_step") ? loadUpdate() : undefined,
    decodes || !("reason" in stream) ? loadStreams() : undefined,
    decodes ? loadDecode() : undefined,
  ]);
  return {
    ...(ofUpdate === undefined ? {} : { update: ofUpdate }),
    ...(ofStreams === undefined ? {} : { streams: ofStreams }),
    ...(ofDecode === undefined ? {} : { decode: ofDecode }),
  };
}

/** In a page a bundle's files are fetched when they are needed, and the network may be away, or the files of another version. */
export async function loaded<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new Problem({
      code: "backend-unavailable",
      message: `The part of specloom that runs models could not be loaded: ${messageOf(error)}.`,
      help: "serve all files of the bundle beside the page, of one build.",
    });
  }
}
