/** Vega-Lite specifications to SVG text, without a browser. The one place that loads Vega. */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { visibleText } from "../visible-text.ts";
import { Markup } from "./markup.ts";

/** Colours that stay apart for the colour-blind (Okabe and Ito), and in grey. */
export const COLOURS = {
  truth: "#1f2933",
  model: "#0072b2",
  naive: "#d55e00",
  quiet: "#9aa5b1",
} as const;

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

const CONFIG = {
  background: "transparent",
  font: FONT,
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 600,
    titlePadding: 10,
    gridColor: "#e4e7eb",
    domainColor: "#7b8794",
    tickColor: "#7b8794",
    labelColor: "#323f4b",
    titleColor: "#323f4b",
  },
  legend: { labelFontSize: 12, titleFontSize: 12, labelColor: "#323f4b", titleColor: "#323f4b" },
  title: { fontSize: 13, fontWeight: 600, color: "#1f2933", anchor: "start" },
  view: { stroke: null },
} as const;

/** Draws for one page: names inside the drawings (of gradients, for instance) must differ from drawing to drawing. */
export class Drawer {
  #count = 0;

  /** @param description what a reader who cannot see the drawing should hear */
  async draw(specification: TopLevelSpec, description: string): Promise<Markup> {
    const safe = withSafeTexts({ ...specification, description }) as object;
    const { spec } = compile({ ...safe, config: CONFIG } as TopLevelSpec);
    const view = new vega.View(vega.parse(spec), { renderer: "none", loader: noFiles() });
    this.#count += 1;
    try {
      // Vega escapes the texts of labels and titles itself.
      const svg = (await view.toSVG()).replaceAll(JOINER, "");
      return new Markup(withOwnNames(svg, `drawing-${String(this.#count)}`));
    } finally {
      view.finalize();
    }
  }
}

/** Word joiner: it is not seen, so no text of a user that reaches a drawing has one. */
const JOINER = "\u2060";

/**
 * Names and labels come from files. Vega looks texts up among the members of plain objects, where it takes a column called
 * `constructor` for a signal: such a text is told apart by a joiner, which is taken out of the drawing.
 */
function withSafeTexts(value: unknown): unknown {
  if (typeof value === "string") {
    const text = visibleText(value);
    return Reflect.has(Object.prototype, text) ? text + JOINER : text;
  }
  if (Array.isArray(value)) return value.map(withSafeTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withSafeTexts(member)]));
}

/** Vega counts names over the life of the process; here they depend on the page alone, so that it is always the same. */
function withOwnNames(svg: string, prefix: string): string {
  const names = [...svg.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1] ?? "");
  return names.reduce(
    (text, name, index) =>
      text
        .replaceAll(` id="${name}"`, ` id="${prefix}-${String(index + 1)}"`)
        .replaceAll(`url(#${name})`, `url(#${prefix}-${String(index + 1)})`),
    svg,
  );
}

/** A report stands alone: nothing in a specification may make Vega read a file or an address. */
function noFiles(): vega.Loader {
  const refused = (): Promise<never> => Promise.reject(new Error("a drawing loads nothing"));
  return { ...vega.loader(), load: refused, file: refused, http: refused, sanitize: refused };
}
