/** Files that are never half-written: a temporary file beside the target, flushed, read back, then renamed over it. */
import { randomBytes } from "node:crypto";
import { open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem } from "@specloom/runtime/internal/problem";

/**
 * Writes a whole file. When anything fails the old file is as it was and no temporary file stays behind.
 *
 * @param check reads the bytes back from the disk before the rename; it throws when they are not what they should be
 * @throws Problem `file-not-written`
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  check: (bytes: Uint8Array) => void = () => undefined,
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  // A link stays one: what it leads to is written.
  const target = await realpath(path).catch(() => path);
  const temporary = join(dirname(target), `${TEMPORARY_PREFIX}${basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    const standing = await stat(target).catch(() => undefined);
    // A rename would put a file where a reader of the pipe waits for ever.
    if (standing !== undefined && !standing.isFile() && !standing.isDirectory()) {
      throw new OtherThanFile("it is a pipe or a device, not a file");
    }
    await writeAndFlush(temporary, bytes);
    const written = await readFile(temporary);
    if (Buffer.compare(written, bytes) !== 0) throw new Error("the disk gave back other bytes than were written");
    check(written);
    await rename(temporary, target);
  } catch (error) {
    // Where even this fails, the first reason is the one to tell.
    await unlink(temporary).catch(() => undefined);
    throw notWritten(path, error);
  }
  await flushDirectory(dirname(target));
}

/** What stands where a file is to be written. */
class OtherThanFile extends Error {}

/** Start of the names of temporary files: a run that was killed in the middle of a write leaves one. */
export const TEMPORARY_PREFIX = ".writing-";

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself survives a power cut only when the directory is flushed; some systems cannot, and lose nothing else. */
async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  if (directory === undefined) return;
  await directory.sync().catch(() => undefined);
  await directory.close();
}

export function notWritten(path: string, error: unknown): Problem {
  return new Problem({
    code: "file-not-written",
    message: `"${path}" could not be written: ${reasonOf(error)}. What stood there before is unchanged.`,
    help:
      error instanceof OtherThanFile
        ? "remove it, or move it away: then a file is written there."
        : "check the free space and the permissions of its folder.",
    file: path,
  });
}

/** A failure of the file system in words. */
export function reasonOf(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code;
  const known = typeof code === "string" ? memberOf(REASONS, code) : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "no such file or folder",
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it would be larger than a file may be here",
  EIO: "the device failed, or the terminal is closed",
  EROFS: "the disk is read-only",
  ENOTDIR: "a part of the path is a file, not a folder",
  EISDIR: "it is a folder",
  EEXIST: "it exists already",
  EMFILE: "too many open files",
};
