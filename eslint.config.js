// Lint is law here: imports only up the list of lint/levels.mjs, no default exports, no `any`. That no imports go in circles, and
// that no file is unused, test/unit/house sees: it walks them all at once, in a third of the time.
import tseslint from "typescript-eslint";
import { factsNotSpec } from "./lint/facts-not-spec.mjs";
import { importLevels } from "./lint/import-levels.mjs";
import { ownNames } from "./lint/own-names.mjs";

const specloom = {
  rules: { "facts-not-spec": factsNotSpec, "import-levels": importLevels, "own-names": ownNames },
};

export default tseslint.config(
  {
    ignores: [
      "compiler/targets/wasm/lib/**",
      "bench/node_modules/**",
      "dist/**",
      "runtime/dist/**",
      "node_modules/**",
      "runs/**",
      "coverage/**",
      ".cache/**",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-exports": [
        "error",
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/prefer-readonly": "error",
      // `Index` (runtime/kernel-types.ts) is an enum so that a tensor's cell is a number; comparing it with bounds is its use.
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
      // A cast at a border (a table's record back to its own type) is stated even where the receiver would take anything.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      complexity: ["error", 20],
      "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
      "no-warning-comments": "error",
    },
  },
  {
    files: ["compiler/**/*.ts", "runtime/**/*.ts", "cli/**/*.ts", "generated/**/*.ts"],
    plugins: { specloom },
    rules: { "specloom/import-levels": "error" },
  },
  {
    files: ["compiler/**/*.ts", "runtime/**/*.ts", "cli/**/*.ts"],
    plugins: { specloom },
    rules: {
      "specloom/own-names": "error",
      "no-restricted-properties": [
        "error",
        {
          object: "JSON",
          property: "parse",
          message: "Use parseJson (runtime/json-text.ts), which refuses deep JSON.",
        },
      ],
    },
  },
  {
    files: ["runtime/**/*.ts", "cli/**/*.ts", "compiler/emit/**/*.ts"],
    // The hash is of all of it.
    ignores: ["compiler/emit/spec-hash.ts"],
    plugins: { specloom },
    rules: { "specloom/facts-not-spec": "error" },
  },
  {
    // The one place that has looked at the depth, and keys alone.
    files: ["runtime/json-text.ts", "runtime/duplicate-key.ts", "cli/data/json-place.ts"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["cli/**/*.ts"],
    ignores: ["cli/support/terminal.ts", "cli/main.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(?:out|err)$/]",
          message: "Text leaves by `say` (cli/support/terminal.ts), so that nothing in it steers the terminal.",
        },
      ],
    },
  },
  {
    // A module is as long as its model, and shows its kernels as functions of which only the type is used: their text is
    // what runs. The other rules hold.
    files: ["generated/**/*.ts", "test/fixtures/modules/*.ts"],
    rules: { "max-lines": "off", "@typescript-eslint/no-unused-vars": "off" },
  },
  { files: ["*.config.ts", "test/support/skipped-reporter.ts"], rules: { "no-restricted-exports": "off" } },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
