/**
 * Text of a user on its way out. Characters that are not seen can steer a terminal, turn the order of what stands around
 * them, or hide in source code: controls, format characters (bidirectional ones among them), line and paragraph separators,
 * and halves of surrogate pairs. Line ends and tabs are left to the caller.
 */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** With the replacement character for what is not seen: for people. It takes one column, as what it stands for did. */
export function visibleText(text: string): string {
  return text.replace(unseen, "\ufffd");
}

/** With `\uXXXX` for what is not seen: inside of a quoted text of JSON, JavaScript or YAML it reads back as the same. */
export function escapedText(text: string): string {
  return text.replace(unseen, (character) =>
    Array.from({ length: character.length }, (_, index) => codeUnit(character.charCodeAt(index))).join(""),
  );
}

function codeUnit(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** JSON of plain data, with nothing in it that is not seen. */
export function jsonText(value: unknown, indent?: number): string {
  return escapedText(JSON.stringify(value, null, indent));
}
