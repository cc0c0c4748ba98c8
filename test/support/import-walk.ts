/** Which file imports which, as they stand in the folders of the project; imports of types count. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

export type Imports = ReadonlyMap<string, readonly string[]>;

/** Files by their path from the project's root, each with what it imports: such paths, and names of packages. */
export function importsOf(folders: readonly string[]): Imports {
  // The wasm target's library is AssemblyScript, which is read as text; what was built is nobody's source.
  const isModule = (file: string): boolean =>
    file.endsWith(".ts") && !/^(?:compiler\/targets\/wasm\/lib|runtime\/dist)\//.test(file);
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter(isModule),
  );
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(file, "utf8"))]));
}

export function importsIn(file: string, text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => importedFile(file, fileName));
}

/** The path, from the project's root, of what a file imports by that name; of what is not the project's own the name itself. */
export function importedFile(file: string, name: string): string {
  if (name.startsWith(".")) return path.posix.join(path.posix.dirname(file), name);
  if (name === "@specloom/runtime") return "runtime/index.ts";
  return name.replace(/^@specloom\/runtime\/internal\/(.*)$/, "runtime/$1.ts");
}

/** All that the entries import, and what that imports, with themselves. */
export function reached(imports: Imports, entries: readonly string[]): ReadonlySet<string> {
  const seen = new Set(entries);
  for (const file of seen) for (const imported of imports.get(file) ?? []) seen.add(imported);
  return seen;
}

/** Files that import each other, each circle once, by name. */
export function circles(imports: Imports): readonly (readonly string[])[] {
  const from = new Map([...imports.keys()].map((file) => [file, reached(imports, imports.get(file) ?? [])]));
  const known = new Set<string>();
  return [...imports.keys()].sort().flatMap((file) => {
    if (known.has(file) || from.get(file)?.has(file) !== true) return [];
    const circle = [...imports.keys()]
      .filter((other) => from.get(file)?.has(other) && from.get(other)?.has(file))
      .sort();
    for (const member of circle) known.add(member);
    return [circle];
  });
}
