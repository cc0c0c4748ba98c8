// Imports lead only where the list of levels says.
import { isBuiltin } from "node:module";
import path from "node:path";
import { levelOf, ownFile, runtimeName, sees } from "./levels.mjs";

const isRuntime = (file) => file.startsWith("runtime/");

export const importLevels = {
  meta: {
    type: "problem",
    docs: { description: "An import leads to a level that the list in lint/levels.mjs lets the file know." },
    schema: [],
    messages: {
      unknown: "{{file}} has no level: give its folder a line in lint/levels.mjs.",
      level: "{{from}} does not know {{to}}: imports go up the list in lint/levels.mjs.",
      node: "{{from}} runs in a browser, which has no module {{to}}.",
      package: "The runtime is a package of its own: what lies outside of it imports it as {{name}}.",
    },
  },
  create(context) {
    const inProject = (absolute) => path.relative(context.cwd, absolute).split(path.sep).join("/");
    const file = inProject(context.filename);
    const from = levelOf(file);

    const check = (source) => {
      if (typeof source?.value !== "string") return;
      const report = (messageId, data) => context.report({ node: source, messageId, data });
      if (from === undefined) return report("unknown", { file });
      if (isBuiltin(source.value) && !from.node) return report("node", { from: from.paths[0], to: source.value });
      const isPath = source.value.startsWith(".");
      const target = isPath
        ? inProject(path.resolve(path.dirname(context.filename), source.value))
        : ownFile(source.value);
      if (target === undefined) return;
      if (isPath && isRuntime(target) && !isRuntime(file)) return report("package", { name: runtimeName(target) });
      const to = levelOf(target);
      if (to === undefined) report("unknown", { file: target });
      else if (!sees(from, to)) report("level", { from: from.paths[0], to: to.paths[0] });
    };

    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      TSImportType: ({ source }) => check(source),
    };
  },
};
