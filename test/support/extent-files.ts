/**
 * The test files that `npm run test:all` goes through: those that read how far to go (`SPECLOOM_TEST_ALL`, and which backends to go
 * on), themselves or in what they import. All others are the same in both runs, and `npm test` has run them.
 */
import { readFileSync } from "node:fs";
import { importsOf, reached } from "./import-walk.ts";

export function filesByExtent(): readonly string[] {
  const imports = importsOf(["test"]);
  const readers = new Set(
    [...imports.keys()].filter((file) => readFileSync(file, "utf8").includes('env["SPECLOOM_TEST_')),
  );
  return [...imports.keys()].filter(
    (file) =>
      file.endsWith(".test.ts") &&
      !file.startsWith("test/browser/") &&
      [...reached(imports, [file])].some((one) => readers.has(one)),
  );
}
