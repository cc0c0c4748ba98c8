/** The one place that loads gpu.js: a peer of this package that only those install who run one of its modes. */
import { isNode } from "./adapter.ts";
import { messageOf } from "./failure.ts";
import type { GpuLibrary } from "./library.ts";

/** Why there is no gpu.js, and what helps. */
export interface NoLibrary {
  readonly lacking: string;
  readonly help: string;
}

const installation = "npm install gpu.js@^2.24.1";

/**
 * A CommonJS module in Node, a class with the rest attached to it in a browser's bundle.
 *
 * @param load how it is imported
 */
export async function loadLibrary(
  load: () => Promise<unknown> = () => import("gpu.js"),
): Promise<GpuLibrary | NoLibrary> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (error) {
    return isMissing(error)
      ? {
          lacking: "the package gpu.js is not installed",
          help: `${installation}, or choose the backend wasm, which needs no package.`,
        }
      : {
          lacking: `the package gpu.js could not be loaded (${messageOf(error)})`,
          help: isNode() ? installation : "serve all files of the bundle beside the page, of one build.",
        };
  }
  const inner = (loaded as { readonly default?: unknown }).default ?? loaded;
  const { GPU, input } = inner as Partial<GpuLibrary>;
  if (typeof GPU === "function" && typeof input === "function") return { GPU, input };
  return { lacking: "the package gpu.js is not the one that this program was made for", help: installation };
}

/** As Node says it, and a page in whose bundle the package was not found. What lacks a file of its own is installed, and broken. */
function isMissing(error: unknown): boolean {
  return /(?:package|specifier|resolve|module) ['"]gpu\.js['"]/.test(messageOf(error));
}
