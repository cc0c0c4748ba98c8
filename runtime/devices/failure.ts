/** What leaves a backend when something under it fails: a Problem that says which backend, and while it did what. */
import { Problem, Problems } from "../problem.ts";

/**
 * The error as a user may see it; a Problem stays what it is.
 *
 * @param what it happened in: `the program predict`, `its start`
 */
export function failureOf(error: unknown, backend: string, what: string): Problem | Problems {
  if (error instanceof Problem || error instanceof Problems) return error;
  return new Problem({
    code: "backend-failed",
    message: `The backend ${backend} failed in ${what}: ${messageOf(error)}.`,
    help: "choose another backend; `specloom doctor` shows which ones work.",
  });
}

/** The first line of what was thrown, without its full stop. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n")[0] ?? "").trim().replace(/\.$/, "");
}

/**
 * A part of a module that lies in a file of its own.
 *
 * @throws Problem where it cannot be loaded: in a page the network may be away, or the files be those of another build
 */
export async function loadedPart<Part>(what: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new Problem({
      code: "backend-unavailable",
      message: `The module's ${what} part could not be loaded: ${messageOf(error)}.`,
      help: "keep the files that specloom compile wrote together, and serve all files of a bundle, of one build.",
    });
  }
}
