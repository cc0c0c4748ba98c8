/** A resolved spec as YAML. */
import { Document, visit } from "yaml";
import { numberText } from "../../compiler/support/number-text.ts";
import { escapedText } from "@specloom/runtime/internal/shared/visible-text";

/**
 * What is not seen in a text is written as an escape, which only double quotes know. A number with more digits than float64
 * holds is written with an exponent.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && escapedText(scalar.value) !== scalar.value) scalar.type = "QUOTE_DOUBLE";
      if (typeof scalar.value === "number" && numberText(scalar.value).includes("e")) scalar.format = "EXP";
    },
  });
  return escapedText(document.toString({ lineWidth: 110 }));
}
