/** JSON from outside. */

/** Levels of lists and objects: far more than any tensor, row or header has, far fewer than what the stack holds. */
export const DEEPEST_JSON = 64;

/** Where a text nests deeper than that. */
export class JsonTooDeep extends SyntaxError {
  override readonly name = "JsonTooDeep";
  /** Of the first bracket that is too much. */
  readonly offset: number;

  constructor(offset: number) {
    super(`lists and objects are nested more than ${String(DEEPEST_JSON)} levels deep`);
    this.offset = offset;
  }
}

/** As `JSON.parse`, but refuses what nothing that walks the value could walk. @throws SyntaxError, `JsonTooDeep` among them */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === "[" || character === "{") {
      depth += 1;
      if (depth > DEEPEST_JSON) throw new JsonTooDeep(index);
    } else if (character === "]" || character === "}") depth -= 1;
  }
  return JSON.parse(text);
}

/** Index of the closing quote; the end of a text that is no JSON and lacks it. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index;
}
