/** A live model with the options of the command line; weights that do not fit are told by the name of their file. */
import type { CreateOptions, LiveModel, ModelHandle } from "@specloom/runtime/internal/contract-live";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import { Problem } from "@specloom/runtime/internal/problem";

export interface ModelRequest {
  readonly backend: Backend;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly simd?: CreateOptions["simd"];
  readonly weights?: { readonly bytes: Uint8Array; readonly file: string } | undefined;
}

const ABOUT_WEIGHTS: readonly string[] = [
  "invalid-safetensors",
  "invalid-tensor",
  "weights-of-another-spec",
  "wrong-weights",
];

/**
 * @param note hears what was made of weights that are not as this project saves them
 * @throws Problem with the file of the weights where they are wrong
 */
export async function createModel(
  handle: ModelHandle,
  request: ModelRequest,
  note: (text: string) => void = () => undefined,
): Promise<LiveModel> {
  const { backend, seed, threads, simd, weights } = request;
  try {
    const live = await handle.create({ backend, seed, threads, simd, weights: weights?.bytes });
    for (const notice of live.report().notices ?? []) note(`note: ${weights?.file ?? "weights"}: ${notice}`);
    return live;
  } catch (error) {
    const isAboutFile = error instanceof Problem && weights !== undefined && ABOUT_WEIGHTS.includes(error.code);
    throw isAboutFile ? error.at({ file: weights.file }) : error;
  }
}
