/**
 * File paths as text, without a file system: both separators, no links followed. The real path is checked again when a
 * file is opened.
 */

const absolutePath = /^([/\\~]|[A-Za-z]:)/;

export function isAbsolute(path: string): boolean {
  return absolutePath.test(path);
}

/** With forward slashes, `.` and inner `..` removed: `a/./b/../c` is `a/c`. */
export function normalizePath(path: string): string {
  const parts = path.replaceAll("\\", "/").split("/");
  const root = parts[0] === "" && parts.length > 1 ? "/" : "";
  const kept: string[] = [];
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept[kept.length - 1] !== "..") kept.pop();
    else if (root === "") kept.push("..");
  }
  return root + kept.join("/");
}

export function joinPath(directory: string, path: string): string {
  return normalizePath(directory === "" || isAbsolute(path) ? path : `${directory}/${path}`);
}

/** The directory of a file; empty when the path has none. */
export function directoryOf(path: string): string {
  const normal = normalizePath(path);
  const end = normal.lastIndexOf("/");
  return end === 0 ? "/" : normal.slice(0, Math.max(end, 0));
}

/** File name without directory and extension. */
export function stemOf(path: string): string {
  const name = normalizePath(path).split("/").pop() ?? "";
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

/** Whether `path` is `directory` or lies under it. Both must be absolute, or relative to the same place. */
export function isInside(path: string, directory: string): boolean {
  const inner = normalizePath(path);
  const outer = normalizePath(directory);
  if (outer === "") return inner !== ".." && !inner.startsWith("../") && !isAbsolute(inner);
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** The way from one directory to another, both relative to the same place: `relativePath("a/b", "a/c")` is `../c`. */
export function relativePath(from: string, to: string): string {
  const start = normalizePath(from).split("/").filter(Boolean);
  const end = normalizePath(to).split("/").filter(Boolean);
  let shared = 0;
  while (shared < start.length && shared < end.length && start[shared] === end[shared]) shared += 1;
  return [...start.slice(shared).map(() => ".."), ...end.slice(shared)].join("/");
}
