/** HTML in which text cannot become markup: strings are escaped, and only what was made here passes as it is. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Content[];

/** A template whose values are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + (index < values.length ? printed(values[index]) : "")).join(""));
}

function printed(value: Content | undefined): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  return value.map(printed).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (letter) => memberOf(ENTITIES, letter) ?? letter);
}
