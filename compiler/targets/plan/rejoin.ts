/** Sums that take a number apart and put it together again: what is left of two reshapes that undo each other. */
import { addIndex, constantIndex, indexText, scaleIndex } from "../../ir/index-expression.ts";
import type { IndexExpression } from "../../ir/program.ts";

interface Term {
  readonly of: IndexExpression;
  readonly by: number;
}

/** by * n * (x div n) + by * (x mod n) is by * x. The same expression where there is no such pair. */
export function rejoined(index: IndexExpression): IndexExpression {
  const terms = termsOf(index, 1);
  for (const [position, { of, by }] of terms.entries()) {
    if (of.kind !== "modulo") continue;
    const text = indexText(of.of);
    const partner = terms.findIndex(
      (other) =>
        other.of.kind === "divide" &&
        other.of.by === of.by &&
        other.by === by * of.by &&
        indexText(other.of.of) === text,
    );
    if (partner < 0) continue;
    const others = terms.filter((_, at) => at !== position && at !== partner);
    const whole = [...others, { of: of.of, by }].map((term) => scaleIndex(term.of, term.by));
    return rejoined(whole.reduce(addIndex, constantIndex(0)));
  }
  return index;
}

function termsOf(index: IndexExpression, by: number): readonly Term[] {
  if (index.kind === "add") return [...termsOf(index.left, by), ...termsOf(index.right, by)];
  if (index.kind === "scale") return termsOf(index.of, by * index.by);
  return [{ of: index, by }];
}
