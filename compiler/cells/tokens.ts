/** Equations as tokens. */
import type { Span } from "./define.ts";

export interface Token {
  readonly kind: "number" | "name" | "symbol" | "newline" | "end" | "unknown";
  /** As written; `**` reads as `^` and `;` as a new line. */
  readonly text: string;
  readonly span: Span;
}

const patterns: readonly (readonly [Token["kind"] | "skip", RegExp])[] = [
  ["skip", /[ \t\r]+|#[^\n]*/y],
  ["newline", /[\n;]/y],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*'*/y],
  ["symbol", /\*\*|[-+*/@^()[\],:=]/y],
  // Whole characters, so that half of one is never shown.
  ["unknown", /[^]/uy],
];

/** @param from where the piece of `text` begins that is read; offsets are those of the whole `text` */
export function tokensOf(text: string, from = 0, to = text.length): readonly Token[] {
  const tokens: Token[] = [];
  const piece = text.slice(0, to);
  for (let start = from; start < to;) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = start;
      const written = pattern.exec(piece)?.[0];
      if (written === undefined) continue;
      const span = { start, end: start + written.length };
      if (kind !== "skip") tokens.push({ kind, text: written === "**" ? "^" : written, span });
      start = span.end;
      break;
    }
  }
  tokens.push({ kind: "end", text: "", span: { start: to, end: to } });
  return tokens;
}
