/** Text that would overflow or delay the recursive YAML parser, found by a flat walk over its lexemes. */
import { Lexer } from "yaml";

/** Far above what a spec may nest, far below what the stack can hold. The exact limit is checked on the parsed nodes. */
const mostBrackets = 128;
const mostColumns = 256;

export interface Absurdity {
  readonly kind: "deep" | "unopened";
  readonly offset: number;
}

export function findAbsurdity(text: string): Absurdity | undefined {
  let offset = 0;
  let lineStart = 0;
  let brackets = 0;
  let isFirstOfLine = true;
  // Where the blocks that are open at this place start: a deeper block starts further to the right.
  const columns: number[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    const column = offset - lineStart;
    if (lexeme === "[" || lexeme === "{") brackets += 1;
    if (lexeme === "]" || lexeme === "}") brackets -= 1;
    if (brackets < 0) return { kind: "unopened", offset };
    if (brackets === 0 && !isBlank(lexeme) && (isFirstOfLine || isIndicator(lexeme))) {
      while ((columns.at(-1) ?? -1) >= column) columns.pop();
      columns.push(column);
      isFirstOfLine = false;
    }
    if (brackets > mostBrackets || columns.length > mostColumns) return { kind: "deep", offset };
    if (!isMarker(lexeme)) offset += lexeme.length;
    const lineEnd = lexeme.lastIndexOf("\n");
    if (lineEnd === -1) continue;
    lineStart = offset - lexeme.length + lineEnd + 1;
    isFirstOfLine = true;
  }
  return undefined;
}

function isIndicator(lexeme: string): boolean {
  return lexeme === "-" || lexeme === "?" || lexeme === ":";
}

function isBlank(lexeme: string): boolean {
  return isMarker(lexeme) || lexeme.startsWith("#") || lexeme.trim() === "";
}

/** The lexer marks documents, scalars and flow errors with control characters that are not part of the text. */
function isMarker(lexeme: string): boolean {
  return lexeme === "\u0002" || lexeme === "\u001f" || lexeme === "\u0018";
}
