/** One binary of what the wasm target wrote: a test that runs one kind of SIMD does not wait for the other one. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  assembleVariant,
  assemblerVersion,
  librarySource,
  type Binaries,
} from "../../compiler/targets/wasm/assemble.ts";
import { cacheFolder } from "../../cli/support/binary-store.ts";
import { writeFileAtomically } from "../../cli/run/atomic-write.ts";
import { makeFolderWithParents } from "../../cli/run/make-folder.ts";

/** From the store of the tests, where an earlier one has assembled the same. */
export async function assembledAs(text: string, variant: keyof Binaries): Promise<Uint8Array<ArrayBuffer>> {
  const key = createHash("sha256").update([assemblerVersion(), librarySource(), text].join("\0")).digest("hex");
  const folder = path.join(cacheFolder(process.env), "one-variant");
  const file = path.join(folder, `${key}.${variant}.wasm`);
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined) return Uint8Array.from(known);
  const binary = await assembleVariant(text, variant);
  await makeFolderWithParents(folder);
  await writeFileAtomically(file, binary);
  return Uint8Array.from(binary);
}
