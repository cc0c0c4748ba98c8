/** All texts of a cell one after the other, each character with its place in the file. */
import type { Place } from "../contracts/document.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Span } from "./define.ts";

export class CellText {
  #text = "";
  readonly #pieces: {
    readonly start: number;
    readonly place: Place;
    readonly spans: readonly Span[] | undefined;
  }[] = [];

  get text(): string {
    return this.#text;
  }

  /** @returns where the value stands in `text` */
  add(value: string, place: Place): Span {
    const start = this.#text.length;
    this.#pieces.push({ start, place, spans: spansOf(value, place) });
    // Pieces never touch, so that the place of an end is that of its own piece.
    this.#text += `${value}\n`;
    return { start, end: start + value.length };
  }

  place({ start, end }: Span): Place {
    const piece = this.#pieces.findLast((candidate) => candidate.start <= start);
    if (piece === undefined) throw new RangeError(`nothing is written at ${start}`);
    const { place, spans } = piece;
    const at = (position: number): Span | undefined => spans?.[position - piece.start];
    const first = at(start);
    if (first === undefined) return place;
    // The end of the last character, which is not always where the next one begins.
    const last = end > start ? (at(end - 1) ?? first).end : first.start;
    return { ...place, span: { start: first.start, end: last } };
  }
}

/**
 * For every character of a YAML text value its place in the file; one more for the end. Lines that YAML has indented, folded
 * or escaped keep their other characters in order, so both are walked side by side.
 * @returns undefined where that fails, as for an alias, which stands elsewhere
 */
function spansOf(value: string, { text, span }: Place): readonly Span[] | undefined {
  const quote = /^["']/.exec(text.slice(span.start, span.start + 1))?.[0];
  const header = /^[|>][^\n]*\n/.exec(text.slice(span.start, span.end))?.[0];
  const written = new Written(text, span.start + (header ?? quote ?? "").length, span.end, quote);
  const spans: Span[] = [];
  for (let position = 0; position < value.length; position++) {
    const character = value.charAt(position);
    if (/\s/.test(character)) {
      const start = written.position;
      written.skipOneSpace();
      spans.push({ start, end: written.position });
      continue;
    }
    const start = written.find(character);
    if (start === undefined) return undefined;
    spans.push({ start, end: written.position });
  }
  return [...spans, { start: written.position, end: written.position }];
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", '"': '"', "\\": "\\", "/": "/" };

class Written {
  position: number;

  constructor(
    private readonly text: string,
    start: number,
    private readonly end: number,
    private readonly quote: string | undefined,
  ) {
    this.position = start;
  }

  /** The place of the next character that is no space, if it is this one; goes on behind it. */
  find(character: string): number | undefined {
    this.#skipSpaces();
    const offset = this.position;
    const [shown, length] = this.#read();
    if (shown !== character || offset >= this.end) return undefined;
    this.position = offset + length;
    return offset;
  }

  /** So that the end of a line has a place of its own. */
  skipOneSpace(): void {
    const [shown, length] = this.#read();
    if (/^\s$/.test(shown)) this.position += length;
  }

  #skipSpaces(): void {
    for (;;) {
      const [shown, length] = this.#read();
      if (this.position >= this.end || (shown !== "" && !/^\s$/.test(shown))) return;
      this.position += length;
    }
  }

  /** One character of the value and how many it takes in the file. */
  #read(): readonly [string, number] {
    const character = this.text.charAt(this.position);
    const next = this.text.charAt(this.position + 1);
    if (this.quote === "'" && character === "'" && next === "'") return ["'", 2];
    if (this.quote !== '"' || character !== "\\") return [character, 1];
    // An escaped line break joins lines; escapes by number are for characters that equations do not have.
    return /\s/.test(next) ? ["", 1] : [memberOf(escapes, next) ?? next, 2];
  }
}
