/** Where a value stands in the text of a JSON file. */
import { endOfText } from "@specloom/runtime/internal/duplicate-key";

interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * A value of the object that the whole text is, or what indices lead to in it.
 * @param json text that `JSON.parse` has accepted, without a key twice, and in which the value exists
 */
export function placeOfValue(json: string, key: string, indices: readonly number[]): TextRange {
  const place = placeOfKey(json, key);
  const value = behind(json, place.offset + place.length);
  const offset = indices.reduce((list, index) => itemOf(json, list, index), value);
  return { offset, length: endOfValue(json, offset) - offset };
}

/** Such a key, with its quotes. */
export function placeOfKey(json: string, key: string): TextRange {
  let offset = nextSign(json, nextSign(json, 0) + 1);
  for (;;) {
    const end = endOfText(json, offset);
    if (JSON.parse(json.slice(offset, end)) === key) return { offset, length: end - offset };
    offset = behind(json, endOfValue(json, behind(json, end)));
  }
}

/** Offset of an item of the list that opens at `list`. */
function itemOf(json: string, list: number, index: number): number {
  let offset = nextSign(json, list + 1);
  for (let passed = 0; passed < index; passed += 1) offset = behind(json, endOfValue(json, offset));
  return offset;
}

/** Offset of what stands behind the comma or colon that follows. */
function behind(json: string, end: number): number {
  return nextSign(json, nextSign(json, end) + 1);
}

function nextSign(json: string, offset: number): number {
  let index = offset;
  while (/\s/.test(json.charAt(index))) index += 1;
  return index;
}

function endOfValue(json: string, start: number): number {
  let depth = 0;
  let index = start;
  do {
    const character = json.charAt(index);
    if (character === '"') index = endOfText(json, index);
    else {
      if (character === "[" || character === "{") depth += 1;
      if (character === "]" || character === "}") depth -= 1;
      index += 1;
    }
  } while (depth > 0);
  // A number or a word goes on to the next sign.
  if (!/["[{]/.test(json.charAt(start))) while (/[-+\w.]/.test(json.charAt(index))) index += 1;
  return index;
}
