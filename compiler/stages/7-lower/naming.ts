/** Names of buffers, kernels and their parameters: camelCase words from layers and labels, unique where they must be. */

/** `encoder.weight_ih_l0` -> `encoderWeightIhL0`. */
export function camelCase(...words: readonly string[]): string {
  const parts = words.flatMap((word) => word.match(/[A-Za-z0-9]+/g) ?? []);
  const joined = parts
    .map((part, position) => (position === 0 ? lowerFirst(part) : part.charAt(0).toUpperCase() + part.slice(1)))
    .join("");
  return /^[A-Za-z]/.test(joined) ? joined : `value${joined}`;
}

function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/** Hands out each name once; the second asker gets a 2 at the end. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  /** Where the search went on to the last time: many ask for `t`. */
  readonly #next = new Map<string, number>();

  take(wish: string): string {
    let name = wish;
    let count = this.#next.get(wish) ?? 2;
    for (; this.#taken.has(name); count++) name = `${wish}${count}`;
    this.#next.set(wish, count);
    this.#taken.add(name);
    return name;
  }
}
