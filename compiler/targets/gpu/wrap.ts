/** Breaks long lines of a kernel before an operator, where the parentheses are fewest. */

/** In characters, within a function. */
export const longestCode = 124;
const operators = /^ (?:[-+*/] |\? |: )/u;

/** @param text one statement, perhaps of several lines already */
export function wrapStatement(text: string): string {
  return text.split("\n").map(wrapLine).join("\n");
}

function wrapLine(line: string): string {
  if (line.length <= longestCode) return line;
  const place = breakPlace(line);
  if (place === undefined) return line;
  const indent = /^ */u.exec(line)?.[0] ?? "";
  const rest = `${indent}  ${line.slice(place + 1)}`;
  return `${line.slice(0, place)}\n${wrapLine(rest)}`;
}

/** The last operator within the width at the least depth of parentheses; never in the first part of the line. */
function breakPlace(line: string): number | undefined {
  let depth = 0;
  let best: { readonly place: number; readonly depth: number } | undefined;
  for (let place = 0; place < longestCode; place++) {
    const character = line.charAt(place);
    if (character === "(" || character === "[") depth += 1;
    if (character === ")" || character === "]") depth -= 1;
    const isEarly = place < line.length - line.trimStart().length + 16;
    if (isEarly || !operators.test(line.slice(place, place + 4))) continue;
    if (best === undefined || depth <= best.depth) best = { place, depth };
  }
  return best?.place;
}
