/** Cells as a line of CSV (RFC 4180): quoted where they hold what would end them. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",");
}
