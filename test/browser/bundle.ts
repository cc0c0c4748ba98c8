/** A page's program as the bundlers that people use make it: a site of files by path. */
import { build as esbuild } from "esbuild";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as vite } from "vite";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const runtime = join(root, "runtime/index.ts");

export interface SiteFile {
  readonly type: string;
  readonly content: string;
}
/** Paths begin with a slash; `/` is the page. */
export type Site = ReadonlyMap<string, SiteFile>;

/** What turns a program into a page: `plain` for tests of anything else, the others as for production. */
export const bundlers = ["esbuild, minified", "Vite", "Vite with Terser"] as const;
export type Bundler = (typeof bundlers)[number] | "plain";

/**
 * @param entry TypeScript source of the page's program; it may import files of the repository, and `@specloom/runtime`
 */
export function bundle(entry: string, bundler: Bundler): Promise<Site> {
  switch (bundler) {
    case "plain":
      return withEsbuild(entry, false);
    case "esbuild, minified":
      return withEsbuild(entry, true);
    case "Vite":
      return withVite(entry, "oxc");
    case "Vite with Terser":
      return withVite(entry, "terser");
    default:
      return bundler satisfies never;
  }
}

const page = (script: string): SiteFile => ({
  type: "text/html",
  content: `<!doctype html><title>specloom</title>${script}`,
});

async function withEsbuild(entry: string, minify: boolean): Promise<Site> {
  const { outputFiles } = await esbuild({
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    alias: { "@specloom/runtime": runtime },
    bundle: true,
    minify,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  return new Map([
    ["/", page('<script src="/page.js"></script>')],
    ["/page.js", { type: "text/javascript", content: outputFiles[0]?.text ?? "" }],
  ]);
}

/** As `vite build` does it: a page that loads modules, with what is imported later in files of its own. */
async function withVite(entry: string, minify: "oxc" | "terser"): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "specloom-site-"));
  try {
    await writeFile(join(folder, "index.html"), page('<script type="module" src="/main.ts"></script>').content);
    await writeFile(join(folder, "main.ts"), entry.replaceAll('from "./', `from "${root}`));
    await vite({
      root: folder,
      configFile: false,
      logLevel: "error",
      resolve: { alias: { "@specloom/runtime": runtime } },
      build: { minify, target: "es2022", chunkSizeWarningLimit: 10_000 },
    });
    const built = join(folder, "dist");
    const names = (await readdir(built, { recursive: true })).filter((name) => /\.(?:html|js)$/u.test(name));
    const files = await Promise.all(
      names.map(async (name): Promise<[string, SiteFile]> => {
        const content = await readFile(join(built, name), "utf8");
        return name === "index.html"
          ? ["/", { type: "text/html", content }]
          : [`/${name}`, { type: "text/javascript", content }];
      }),
    );
    return new Map(files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
