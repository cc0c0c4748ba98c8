import { expect, it } from "vitest";
import { FinalTexts } from "../../../compiler/emit/final-text.ts";

it("comes back where it was held, as deep as its place, whatever it says", () => {
  const texts = new FinalTexts();
  const table = texts.hold('const a = "$& $1";\n\nconst b = 2;');
  const body = texts.hold("let x = 1;\n\n// held: 0\nreturn x;");
  expect(texts.restored(`${table}\nfunction f() {\n  ${body}\n}\n`)).toBe(
    'const a = "$& $1";\n\nconst b = 2;\nfunction f() {\n  let x = 1;\n\n  // held: 0\n  return x;\n}\n',
  );
});
