// Lint is law here: no cycles, imports only in the direction of design, no default exports, no `any`.
import importX from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";
import { ownNames } from "./scripts/lint-own-names.mjs";

/** `from` may not import `targets`, with the reason a reader sees. */
const zone = (target, from, message) => ({ target, from, message });

const direction = [
  zone("./runtime", "./compiler", "The runtime never reads a spec: it knows the compiler's output only."),
  zone("./runtime", "./cli", "The command line stands above the runtime."),
  zone("./compiler", "./cli", "The command line stands above the compiler."),
  {
    ...zone(
      "./compiler",
      "./runtime",
      "Of the runtime the compiler knows the contract's types, the metrics and runtime/shared.",
    ),
    except: ["./contract.ts", "./metrics", "./shared"],
  },
  {
    ...zone("./runtime/shared", "./runtime", "runtime/shared stands below compiler and runtime: it imports nothing."),
    except: ["./shared"],
  },
  zone("./generated", ["./compiler", "./cli"], "A generated module imports the runtime and nothing else."),
  zone(
    "./compiler/support",
    "./compiler/!(support)/**",
    "support <- diagnostics <- ir <- ops <- layers, losses, optimizers <- schema <- stages",
  ),
  zone(
    "./compiler/ir",
    "./compiler/{ops,layers,cells,losses,optimizers,metrics,data,schema,passes,stages,targets,emit}",
    "ir <- ops",
  ),
  zone(
    "./compiler/ops",
    "./compiler/{layers,cells,losses,optimizers,metrics,data,schema,passes,stages,targets,emit}",
    "ops <- layers",
  ),
  zone(
    "./compiler/{layers,cells,losses,optimizers,metrics,data}",
    "./compiler/{passes,stages,targets,emit}",
    "records <- schema <- stages",
  ),
  zone("./compiler/layers", "./compiler/cells", "layers <- cells"),
  zone(
    "./compiler/passes",
    "./compiler/{stages,targets,emit,layers,losses,optimizers}",
    "passes know graphs, not layers",
  ),
  zone(
    "./compiler/targets",
    "./compiler/{stages,layers,losses,optimizers,passes}",
    "a target knows the program, not layers",
  ),
  zone("./compiler/emit", "./compiler/{stages,layers,losses,passes}", "emit knows names and facts, not layers"),
];

export default tseslint.config(
  {
    ignores: [
      "compiler/targets/wasm/lib/**",
      "bench/node_modules/**",
      "dist/**",
      "node_modules/**",
      "runs/**",
      "coverage/**",
      ".cache/**",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ["**/*.ts"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json" })],
      "import-x/extensions": [".ts"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
    },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "import-x/no-default-export": "error",
      "import-x/no-restricted-paths": ["error", { zones: direction }],
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
    files: ["compiler/**/*.ts", "runtime/**/*.ts", "cli/**/*.ts"],
    plugins: { specloom: { rules: { "own-names": ownNames } } },
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
    // The one place that has looked at the depth, and keys alone.
    files: ["runtime/json-text.ts", "runtime/duplicate-key.ts", "runtime/data/json-place.ts"],
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
  { files: ["*.config.ts", "test/support/skipped-reporter.ts"], rules: { "import-x/no-default-export": "off" } },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
