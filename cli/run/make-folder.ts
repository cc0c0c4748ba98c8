/** Makes a folder with its parents. Node's own recursive mkdir never ends where a folder refuses new ones, such as /proc. */
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";

/** @throws the system's error where a folder cannot be made; a folder that exists is fine */
export async function makeFolderWithParents(folder: string, parentsExist = false): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== "ENOENT" || parentsExist || parent === folder) throw error;
    await makeFolderWithParents(parent);
    await makeFolderWithParents(folder, true);
  }
}
