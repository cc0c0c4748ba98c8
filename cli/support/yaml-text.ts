/** A resolved spec as YAML. */
import { Document, visit } from "yaml";
import { escapedText } from "../../compiler/support/visible-text.ts";

/** What is not seen in a text is written as an escape, which only double quotes know. */
export function yamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && escapedText(scalar.value) !== scalar.value) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return escapedText(document.toString({ lineWidth: 110 }));
}
