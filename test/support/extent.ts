/**
 * How far the exhaustive matrices are gone through: `npm run test:all` goes through all of them, `npm test` through a part that
 * is the same in every run.
 */

/** Whether nothing is left out. */
export const isWhole = process.env["SPECLOOM_TEST_ALL"] === "1";

/** All of a list, or `most` of it spread evenly over it, the first among them. */
export function partOf<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (isWhole || items.length <= most) return items;
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)] as Item);
}

/** How many random cases are made. */
export function countOf(whole: number, part: number): number {
  return isWhole ? whole : part;
}
