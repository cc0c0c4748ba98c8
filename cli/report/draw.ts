/** Vega-Lite specifications to SVG text, without a browser. The one place that loads Vega. */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import { escaped, Markup } from "./markup.ts";

/** Colours that stay apart for the colour-blind (Okabe and Ito), and in grey. */
export const COLOURS = {
  truth: "#1f2933",
  model: "#0072b2",
  naive: "#d55e00",
  quiet: "#9aa5b1",
  note: "#52606d",
} as const;

const LINES = { grid: "#e4e7eb", domain: "#7b8794", label: "#323f4b" } as const;

/** A page has these colours twice, for light and for dark: as a drawing has them, and what the page's style calls them. */
const PAGE_COLOURS: Readonly<Record<string, string>> = {
  [COLOURS.truth]: "ink",
  [COLOURS.model]: "model",
  [COLOURS.naive]: "naive",
  [COLOURS.quiet]: "quiet",
  [COLOURS.note]: "muted",
  [LINES.grid]: "line",
  [LINES.domain]: "quiet",
  [LINES.label]: "ink",
};

const CONFIG = {
  background: "transparent",
  // The page's; spelled out at every label it would be a tenth of the file.
  font: "inherit",
  // The drawing as a whole has a description; a label for each of its marks would be most of the file.
  aria: false,
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 600,
    titlePadding: 10,
    gridColor: LINES.grid,
    domainColor: LINES.domain,
    tickColor: LINES.domain,
    labelColor: LINES.label,
    titleColor: LINES.label,
  },
  legend: { labelFontSize: 12, titleFontSize: 12, labelColor: LINES.label, titleColor: LINES.label },
  title: { fontSize: 13, fontWeight: 600, color: COLOURS.truth, anchor: "start" },
  view: { stroke: null },
} as const;

/** Draws for one page: names inside the drawings (of gradients, for instance) must differ from drawing to drawing. */
export class Drawer {
  #count = 0;

  /** @param description what a reader who cannot see the drawing should hear */
  async draw(specification: TopLevelSpec, description: string): Promise<Markup> {
    const { spec } = compile({ ...(withSafeTexts(specification) as object), config: CONFIG } as TopLevelSpec);
    const view = new vega.View(vega.parse(spec), { renderer: "none", loader: ownPictures() });
    this.#count += 1;
    try {
      // Vega escapes the texts of labels and titles itself.
      const svg = shortened(inPageColours((await view.toSVG()).replaceAll(JOINER, "")));
      const named = withOwnNames(svg, `drawing-${String(this.#count)}`);
      return new Markup(named.replace("<svg ", () => `<svg role="img" aria-label="${escaped(description)}" `));
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

function inPageColours(svg: string): string {
  return svg.replaceAll(/ (fill|stroke)="(#[0-9a-f]{6})"/g, (attribute, name: string, colour: string) => {
    const known = memberOf(PAGE_COLOURS, colour);
    return known === undefined ? attribute : ` ${name}="var(--${known})"`;
  });
}

/** What Vega says of every group and mark for those who listen, style or click: of a still drawing it says nothing. */
const SAID_FOR_NOTHING =
  / (?:role="graphics-[^"]*"|aria-roledescription="[^"]*"|aria-hidden="true"|class="[^"]*"|pointer-events="none"|opacity="1")/g;
const EMPTY_PATHS = /<path d=""[^>]*\/>/g;

/** Vega writes places with all their digits, of which a tenth of a pixel can be seen. */
function shortened(svg: string): string {
  const plain = svg.replaceAll(SAID_FOR_NOTHING, "").replaceAll(EMPTY_PATHS, "");
  return plain.replaceAll(/ (?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
  );
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

/** A report stands alone: nothing in a specification may make Vega read a file or an address; pictures lie in the drawing. */
function ownPictures(): vega.Loader {
  const refused = (): Promise<never> => Promise.reject(new Error("a drawing loads nothing"));
  const sanitize = (uri: string): Promise<{ href: string }> =>
    uri.startsWith("data:image/png;base64,") ? Promise.resolve({ href: uri }) : refused();
  return { ...vega.loader(), load: refused, file: refused, http: refused, sanitize };
}
