/** WebAssembly that was assembled before, by the content it was made from: a folder of the user's cache. */
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { BinaryStore } from "../../compiler/stages/8-print/assemble.ts";
import { writeFileAtomically } from "../run/atomic-write.ts";
import { makeFolderWithParents } from "../run/make-folder.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `SPECLOOM_CACHE`, else where this system keeps caches. */
export function cacheFolder(environment: Environment = process.env): string {
  const given = environment["SPECLOOM_CACHE"];
  if (given !== undefined && given !== "") return given;
  const home = os.homedir();
  if (process.platform === "win32") {
    return path.join(environment["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "specloom", "Cache");
  }
  if (process.platform === "darwin") return path.join(home, "Library", "Caches", "specloom");
  return path.join(environment["XDG_CACHE_HOME"] ?? path.join(home, ".cache"), "specloom");
}

/** A store that never fails: what cannot be read is assembled again, what cannot be written is not kept. */
export function binaryStore(folder: string): BinaryStore {
  const file = (key: string, variant: string): string => path.join(folder, `${key}.${variant}.wasm`);
  const readOne = async (name: string): Promise<Uint8Array | undefined> => {
    const bytes = await readFile(name).catch(() => undefined);
    return bytes !== undefined && WebAssembly.validate(bytes) ? bytes : undefined;
  };
  return {
    read: async (key) => {
      const [simd, relaxed] = await Promise.all([readOne(file(key, "simd")), readAny(file(key, "relaxed"))]);
      return simd === undefined || relaxed === undefined ? undefined : { simd, relaxed };
    },
    write: async (key, { simd, relaxed }) => {
      try {
        await makeFolderWithParents(folder);
        await writeFileAtomically(file(key, "relaxed"), relaxed);
        await writeFileAtomically(file(key, "simd"), simd);
      } catch {
        // A cache that cannot be written costs time and nothing else.
      }
    },
  };
}

/** Relaxed SIMD may be unknown to this engine, so only the header can be checked. */
async function readAny(name: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(name).catch(() => undefined);
  return bytes !== undefined && bytes.length > 8 && bytes.readUInt32LE(0) === 0x6d736100 ? bytes : undefined;
}
