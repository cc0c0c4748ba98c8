/** A field of cells as a picture: a cell costs a few bits, where a drawn rectangle costs two hundred bytes. */
import { PNG } from "pngjs";
import * as vega from "vega";

/** Colours of the cells, so that the picture stays small; more are not told apart. */
const LEVELS = 64;

/** From nothing, almost white, to the most. */
export const SCHEME = "blues";

/**
 * A PNG with one pixel per cell, as a data URL.
 * @param rows row-major, each as long as the first; NaN where there is no cell
 * @param scale `sqrt` keeps small numbers apart beside a few large ones
 */
export function raster(rows: readonly ArrayLike<number>[], most: number, scale: "linear" | "sqrt"): string {
  const width = rows[0]?.length ?? 0;
  const picture = new PNG({ width, height: rows.length });
  const colours = palette();
  rows.forEach((row, y) => {
    for (let x = 0; x < width; x += 1) {
      const value = row[x] ?? Number.NaN;
      // What is no cell stays transparent.
      if (!Number.isFinite(value)) continue;
      const share = most > 0 ? Math.max(0, Math.min(1, value / most)) : 0;
      const level = Math.round((scale === "sqrt" ? Math.sqrt(share) : share) * (LEVELS - 1));
      picture.data.set(colours[level] ?? [], (y * width + x) * 4);
    }
  });
  return `data:image/png;base64,${PNG.sync.write(picture).toString("base64")}`;
}

function palette(): readonly (readonly number[])[] {
  // Vega's types know schemes of a fixed number of colours alone; this one goes from 0 to 1 without steps.
  const colour = vega.scheme(SCHEME) as unknown as (share: number) => string;
  return Array.from({ length: LEVELS }, (_, level) => {
    const [red = 0, green = 0, blue = 0] = [...colour(level / (LEVELS - 1)).matchAll(/\d+/g)].map(Number);
    return [red, green, blue, 255];
  });
}
