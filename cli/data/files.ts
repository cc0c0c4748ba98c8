/** Data files on disk, kept inside the project. Node only. */
import { lstat, open, readFile, readdir, realpath, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { Problem } from "@specloom/runtime/internal/problem";
import { otherThanFile } from "./ordinary-file.ts";
import type { ByteSource, FileReader } from "./byte-source.ts";
import { nearestName } from "@specloom/runtime/internal/nearest-name";

export interface ProjectFilesOptions {
  /** Folder that paths are relative to: the spec's. */
  readonly directory: string;
  /** No file outside of it is read; default: `projectRoot(directory)`. */
  readonly root?: string;
  /** Folder that messages show paths from; default: the current one. */
  readonly from?: string;
}

/** Reads files of a project; a path that leaves it, by `..` or by a symbolic link, is refused. */
export function projectFiles(options: ProjectFilesOptions): FileReader {
  const root = options.root ?? projectRoot(options.directory);
  const from = options.from ?? process.cwd();
  const absolute = (file: string): string => path.resolve(options.directory, file);
  const display = (file: string): string => path.relative(from, absolute(file)) || file;
  /** `work` on the real path of a file that may be read. */
  const located = async <Result>(file: string, work: (real: string) => Promise<Result>): Promise<Result> => {
    try {
      // Before anything is looked up: whether a file outside exists is nobody's business.
      if (!isInside(absolute(file), path.resolve(root))) throw outside(display(file));
      const real = await realpath(absolute(file));
      if (!isInside(real, await realpath(root))) throw outside(display(file));
      const facts = await stat(real);
      if (facts.isDirectory()) {
        throw new Problem({
          code: "data-file-directory",
          message: "this is a folder, but a data file was expected.",
          help: "name a file in it.",
          file: display(file),
          pointer: "/data/file",
        });
      }
      const other = otherThanFile(facts);
      if (other !== undefined) throw unreadable(display(file), `it is ${other}, not a file`);
      return await work(real);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw await fileProblem(error, absolute(file), display(file));
    }
  };
  return {
    display,
    read: (file) => located(file, (real) => readFile(real)),
    open: (file) => located(file, (real) => openOnDisk(real, display(file))),
  };
}

async function openOnDisk(real: string, file: string): Promise<ByteSource> {
  const handle = await open(real, "r");
  const { size } = await handle.stat();
  return {
    size,
    read: async (position, target) => {
      for (let filled = 0; filled < target.byteLength;) {
        const { bytesRead } = await handle.read(target, filled, target.byteLength - filled, position + filled);
        if (bytesRead === 0) throw unreadable(file, "it became shorter while it was read");
        filled += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

/**
 * The project a folder belongs to: the nearest folder above (or itself) with a package.json or a .git; without one, the
 * current folder if it holds the folder, else the folder itself.
 */
export function projectRoot(directory: string, current: string = process.cwd()): string {
  const start = path.resolve(directory);
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "package.json")) || existsSync(path.join(folder, ".git"))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  return isInside(start, path.resolve(current)) ? path.resolve(current) : start;
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function outside(file: string): Problem {
  return new Problem({
    code: "data-file-outside",
    message: "this file lies outside the project.",
    help: "copy it into the project; paths are relative to the spec and may not lead out of the project, by a link either.",
    file,
    pointer: "/data/file",
  });
}

function unreadable(file: string, reason: string): Problem {
  return new Problem({
    code: "data-file-unreadable",
    message: `the file cannot be read: ${reason}.`,
    help: "check its permissions.",
    file,
    pointer: "/data/file",
  });
}

async function fileProblem(error: unknown, absolute: string, file: string): Promise<Problem> {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code !== "ENOENT" && code !== "ENOTDIR") return unreadable(file, reasonOf(code, error));
  const isLink = await lstat(absolute).then(
    () => true,
    () => false,
  );
  if (isLink) return unreadable(file, "it is a link to what does not exist");
  const neighbours = await readdir(path.dirname(absolute)).catch(() => []);
  const nearest = nearestName(path.basename(absolute), neighbours);
  return new Problem({
    code: "data-file-missing",
    message: "there is no such file.",
    help:
      nearest === undefined
        ? "paths are relative to the folder of the spec."
        : `did you mean "${nearest}"? It is in the same folder.`,
    file,
    pointer: "/data/file",
  });
}

function reasonOf(code: string, error: unknown): string {
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ERR_FS_FILE_TOO_LARGE") return "it is larger than 2 GiB";
  if (code === "ELOOP") return "its links lead in a circle";
  return code === "" ? String(error) : code;
}
