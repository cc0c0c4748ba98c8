/** A generated module of the user's own, with the parts that it loads from the folder of its name. */
import path from "node:path";
import type { ModuleFile, ModuleFiles } from "../../compiler/emit/module.ts";
import { readNamedText } from "./read-file.ts";
import type { Terminal } from "./terminal.ts";

/** @throws Mistake where a file is missing or no text */
export async function moduleWithParts(terminal: Terminal, given: string): Promise<ModuleFiles> {
  const ending = path.extname(given);
  const directory = path.dirname(given);
  const main = { path: path.basename(given), text: await readNamedText(terminal, given, "a generated module") };
  const known = new Map<string, ModuleFile>();
  const open = [main];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const [, to = ""] of file.text.matchAll(/(?:from |import\()"(\.\.?\/[^"]+)\.js"/gu)) {
      const name = `${path.join(path.dirname(file.path), to)}${ending}`;
      if (known.has(name) || name === main.path || name.startsWith("..")) continue;
      const text = await readNamedText(terminal, path.join(directory, name), "a part of a generated module");
      known.set(name, { path: name, text });
      open.push({ path: name, text });
    }
  }
  return [main, ...known.values()];
}
