/** A page of headless Chromium (Debian's, with SwiftShader as WebGL and WebGPU adapter) with modules bundled into it. */
import { build } from "esbuild";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));

const flags = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan,WebGPU",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

export interface OpenPage {
  readonly page: Page;
  readonly close: () => Promise<void>;
}

/**
 * @param entry TypeScript source of the page's program; it may import files of the repository
 * @param headers that the page is served with
 */
export async function openPage(entry: string, headers: Readonly<Record<string, string>> = {}): Promise<OpenPage> {
  const bundle = await build({
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  const script = bundle.outputFiles[0]?.text ?? "";
  // WebGPU exists in secure contexts only: http on this machine's own address is one, about:blank is not.
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><title>specloom</title><script src="/page.js"></script>');
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const profile = await mkdtemp(join(tmpdir(), "specloom-browser-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    args: flags,
  });
  const close = async (): Promise<void> => {
    await browser.close();
    server.close();
    await rm(profile, { recursive: true, force: true });
  };
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  if (errors.length > 0) {
    await close();
    throw new Error(`the page failed: ${errors.join("; ")}`);
  }
  return { page, close };
}
