/** Nested blocks of the function being printed: each binds names, and holds what is computed once for all inside it. */
export class Scope {
  readonly statements: string[] = [];
  /** Text of what was computed here, by key. */
  readonly known = new Map<string, string>();

  constructor(
    readonly parent: Scope | undefined,
    /** Loop variables that begin here. */
    readonly names: ReadonlySet<string>,
  ) {}

  /** The outermost block in which all of the names have a value. */
  home(names: ReadonlySet<string>): Scope {
    if (this.parent === undefined || [...this.names].some((name) => names.has(name))) return this;
    return this.parent.home(names);
  }

  /** The blocks from the outermost to this one. */
  get chain(): readonly Scope[] {
    return this.parent === undefined ? [this] : [...this.parent.chain, this];
  }
}

/** Hands out local names: `v`, `v2`, ... */
export class LocalNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  take(wish: string): string {
    let name = wish;
    for (let count = 2; this.#taken.has(name); count++) name = `${wish}${count}`;
    this.#taken.add(name);
    return name;
  }
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}
