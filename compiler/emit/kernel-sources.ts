/**
 * The kernels of a module as gpu.js reads them: JavaScript as text. A bundler rewrites functions, and what minifiers make of a
 * kernel (a loop's variable named like a parameter, one statement out of many) gpu.js cannot read; a text they leave alone.
 */
import type { KernelFunction } from "../code-text/gpu-module.ts";

/** A declaration's type, as kernels write it; nothing else in their statements is TypeScript alone. */
const declaredType = /^(\s*(?:for \()?(?:const|let) \w+): Index = /u;

type Source = Pick<KernelFunction, "name" | "parameters" | "statements">;

/** The kernel function of the module without its types, on one line. */
export function kernelSource({ name, parameters, statements }: Source): string {
  const lines = statements.flatMap((statement) => statement.split("\n"));
  const body = lines.map((line) => line.replace(declaredType, "$1 = ").trim()).join(" ");
  return `function ${name}(${parameters.map((parameter) => parameter.name).join(", ")}) { ${body} }`;
}
