/** Type-checks texts of modules with the project's own options, all in one TypeScript program. */
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Files of the repository and of its packages as one set of options reads them: no test changes them, and the DOM alone takes a second. */
const sources = new Map<string, Map<string, ts.SourceFile | undefined>>();

function kept(options: ts.CompilerOptions): Map<string, ts.SourceFile | undefined> {
  const key = JSON.stringify(options);
  const files = sources.get(key) ?? new Map<string, ts.SourceFile | undefined>();
  sources.set(key, files);
  return files;
}

/**
 * @param modules texts by the name of a file
 * @param further options that are others than the project's own
 * @returns one line per complaint about the given modules
 */
export function typeErrors(modules: Readonly<Record<string, string>>, further: ts.CompilerOptions = {}): string[] {
  const read = ts.readConfigFile(`${root}tsconfig.json`, (file) => ts.sys.readFile(file));
  const { options: own } = ts.parseJsonConfigFileContent(
    { ...(read.config as object), include: [], files: [] },
    ts.sys,
    root,
  );
  const options = { ...own, ...further };
  // As if they stood in generated/: the imports of real ones resolve.
  const texts = new Map(Object.entries(modules).map(([file, text]) => [`${root}generated/${file}`, text]));
  const host = ts.createCompilerHost(options);
  const known = kept(options);
  const virtual: ts.CompilerHost = {
    ...host,
    fileExists: (file) => texts.has(file) || host.fileExists(file),
    directoryExists: (folder) =>
      [...texts.keys()].some((file) => file.startsWith(`${folder}/`)) || host.directoryExists?.(folder) === true,
    readFile: (file) => texts.get(file) ?? host.readFile(file),
    getSourceFile: (file, languageVersion, ...rest) => {
      const text = texts.get(file);
      if (text !== undefined) return ts.createSourceFile(file, text, languageVersion, true);
      if (!known.has(file)) known.set(file, host.getSourceFile(file, languageVersion, ...rest));
      return known.get(file);
    },
  };
  const program = ts.createProgram([...texts.keys()], options, virtual);
  return [...texts.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => {
      const line = source === undefined ? 0 : source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1;
      const name = file.slice(file.lastIndexOf("/") + 1);
      return `${name}:${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
    });
  });
}
