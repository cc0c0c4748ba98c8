/** Comments of a generated module: nothing in a text can end them. */

/** A doc comment's text; nothing in it can end the comment. */
export function documentation(lines: readonly string[]): string {
  const text = lines.map(oneLineKeep).join("\n");
  return lines.length > 1 ? `\n${text}` : text;
}

export function comment(lines: readonly string[]): string {
  const [only = "", ...others] = lines.map(oneLineKeep);
  if (others.length === 0) return `/** ${only} */`;
  return `/**\n${lines.map((line) => ` *${line === "" ? "" : ` ${oneLineKeep(line)}`}\n`).join("")} */`;
}

/** Keeps the alignment of a table's line. */
function oneLineKeep(line: string): string {
  return line
    .replace(/[\r\n\u2028\u2029]+/gu, " ")
    .replaceAll("*/", "* /")
    .trimEnd();
}
