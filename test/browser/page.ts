/** A page of headless Chromium (Debian's, with SwiftShader as WebGL and WebGPU adapter) with modules bundled into it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { bundle, type Site } from "./bundle.ts";

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

/** Headers of a page that may share memory with its workers. */
export const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export interface OpenPage {
  readonly page: Page;
  readonly close: () => Promise<void>;
}

/**
 * @param program a site, or TypeScript source of the page's program; it may import files of the repository
 * @param headers that every file is served with
 */
export async function openPage(
  program: string | Site,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenPage> {
  const site = typeof program === "string" ? await bundle(program, "plain") : program;
  // WebGPU exists in secure contexts only: http on this machine's own address is one, about:blank is not.
  const server = createServer((request, response) => {
    const file = site.get(request.url ?? "/");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.content ?? "");
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
