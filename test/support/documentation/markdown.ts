/** Markdown that reads well raw and rendered. */

const width = 120;

/** Text of the tables as Markdown: what would be markup is escaped, shapes become code, code stays as it is. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : shapesAsCode(part)))
    .join("");
}

function shapesAsCode(text: string): string {
  return text
    .split(/(\[B[^\]]*\])/)
    .map((part, index) => (index % 2 === 1 ? code(part) : part.replace(/[*<\\]/g, "\\$&")))
    .join("");
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function block(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}

/** Cells are Markdown already. A row is one line: renderers wrap it. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Broken at spaces; what follows the first line is indented. */
export function wrap(text: string, indent = ""): string {
  return wrapped(text, indent).join("\n");
}

/** @param most characters of a line */
export function wrapped(text: string, indent: string, most = width): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > most) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The title of a kind, and where links to it lead: a word before it keeps equal kinds of two tables apart. */
export function kindTitle(table: string, kind: string): string {
  return `${table} ${code(kind)}`;
}

export function linkTo(title: string, text: string): string {
  return `[${text}](#${anchor(title)})`;
}

/** As GitHub and most renderers make it of a heading. */
export function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replace(/ /g, "-");
}
