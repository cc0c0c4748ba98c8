/** The way of names into code: nothing else turns text of a spec into an identifier. */

/** ECMAScript keywords, strict-mode words, and globals a generated module relies on. */
const scriptWords: ReadonlySet<string> = new Set(
  [
    "arguments async await break case catch class const continue debugger default delete do else enum eval export",
    "extends false finally for function get if implements import in instanceof interface let new null of package",
    "private protected public return set static super switch this throw true try type typeof undefined var void",
    "while with yield any boolean never number object string symbol unknown bigint",
    "Array Float32Array Infinity Math NaN Number Object Promise Record Readonly String",
  ].flatMap((line) => line.split(" ")),
);

/** gpu.js gives these a meaning of its own inside kernels. */
const kernelWords: ReadonlySet<string> = new Set(
  "thread constants output color kernel main result params gid".split(" "),
);

/** Where a name stands: anywhere, inside of kernels too, or only in code that gpu.js does not read. */
export type NamePlace = "anywhere" | "script";

/** `encoder.weight_ih_l0` and `weight-ih` become `encoderWeightIhL0` and `weightIh`. Never empty, never reserved. */
export function identifierFrom(text: string, place: NamePlace = "anywhere"): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word, position) => (position === 0 ? lowerFirst(word) : capitalize(word))).join("");
  const started = joined === "" || /^[0-9]/.test(joined) ? `n${joined}` : joined;
  const isReserved = scriptWords.has(started) || (place === "anywhere" && kernelWords.has(started));
  return isReserved ? `${started}Value` : started;
}

/** `next-number` becomes `NextNumber`. */
export function typeNameFrom(text: string): string {
  return capitalize(identifierFrom(text));
}

export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function lowerFirst(word: string): string {
  // An acronym keeps no odd shape: `LSTM` becomes `lstm`, `forecastHead` stays.
  return /^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
}

/** Names of one scope. Asking twice for one name gives `gate` and `gate2`. */
export class NameScope {
  readonly #taken: Set<string>;

  constructor(
    taken: Iterable<string> = [],
    private readonly place: NamePlace = "anywhere",
  ) {
    this.#taken = new Set(taken);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** An identifier close to `wish` that nobody has in this scope. */
  claim(wish: string): string {
    const base = identifierFrom(wish, this.place);
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}${count}`;
    this.#taken.add(name);
    return name;
  }
}
