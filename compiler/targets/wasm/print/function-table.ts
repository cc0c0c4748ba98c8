/** The functions of a printed module. */
import { indented } from "./scope.ts";

/** Functions of a module: those that differ in the names of what is local to them are one. */
export class FunctionTable {
  readonly #byText = new Map<string, string>();
  readonly #names: Set<string>;
  /** Where the search for a free number went on to the last time. */
  readonly #next = new Map<string, number>();
  readonly texts: string[] = [];

  constructor(reserved: Iterable<string>) {
    this.#names = new Set(reserved);
  }

  /** @returns the name of a function with these parameters and statements */
  add(wish: string, parameters: readonly string[], statements: readonly string[]): string {
    const key = withoutNames(parameters, statements);
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    let name = wish;
    let count = this.#next.get(wish) ?? 2;
    for (; this.#names.has(name); count++) name = `${wish}${count}`;
    this.#next.set(wish, count);
    this.#names.add(name);
    this.#byText.set(key, name);
    this.texts.push([`function ${name}(${parameters.join(", ")}): void {`, ...indented(statements), "}"].join("\n"));
    return name;
  }
}

/** The text of a function with its parameters and locals numbered in order of declaration. */
function withoutNames(parameters: readonly string[], statements: readonly string[]): string {
  const text = [parameters.join(", "), ...statements].join("\n");
  const declared = [
    ...parameters.map((parameter) => parameter.split(":")[0] ?? ""),
    ...[...text.matchAll(/\b(?:let|const) (\w+)/gu)].map(([, name = ""]) => name),
  ];
  const numbers = new Map<string, string>();
  for (const name of declared) if (!numbers.has(name)) numbers.set(name, `#${numbers.size}`);
  return text.replace(/(?<![\w.])[A-Za-z_]\w*/gu, (word) => numbers.get(word) ?? word);
}
