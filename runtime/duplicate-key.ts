/**
 * The first key that some object of a JSON text has twice, or undefined. `JSON.parse` keeps the last of them silently.
 *
 * @param json text that `JSON.parse` has accepted
 */
export function duplicateKey(json: string): string | undefined {
  /** Keys of each open object, outermost first; null for an open list. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (character === '"') {
      const end = endOfText(json, index);
      const keys = open.at(-1);
      if (expectsKey && keys !== null && keys !== undefined) {
        const key = JSON.parse(json.slice(index, end)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
        expectsKey = false;
      }
      index = end - 1;
    } else if (character === "{") {
      open.push(new Set());
      expectsKey = true;
    } else if (character === "[") {
      open.push(null);
      expectsKey = false;
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === ",") {
      expectsKey = open.at(-1) !== null;
    }
  }
  return undefined;
}

/** Index after the closing quote of the text that opens at `start`. */
export function endOfText(json: string, start: number): number {
  let index = start + 1;
  while (json[index] !== '"') index += json[index] === "\\" ? 2 : 1;
  return index + 1;
}
