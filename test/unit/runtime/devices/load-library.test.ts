import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { GpuLibrary } from "../../../../runtime/devices/library.ts";
import { loadLibrary } from "../../../../runtime/devices/load-library.ts";

const failing = (message: string) => loadLibrary(() => Promise.reject(new Error(message)));

describe("gpu.js", () => {
  it.each([
    "Cannot find package 'gpu.js' imported from /srv/node_modules/@specloom/runtime/dist/devices/load-library.js",
    `Failed to resolve module specifier "gpu.js". Relative references must start with either "/", "./", or "../".`,
    `Could not resolve "gpu.js" imported by "@specloom/runtime". Is it installed?`,
    "Cannot find module 'gpu.js'",
  ])("that is not installed is said to be that: %s", async (message) => {
    expect(await failing(message)).toEqual({
      lacking: "the package gpu.js is not installed",
      help: "npm install gpu.js@^2.24.1, or choose the backend wasm, which needs no package.",
    });
  });

  it("that breaks when it is loaded says how", async () => {
    const why = "Cannot find package 'acorn' imported from /srv/node_modules/gpu.js/src/index.js";
    expect(await failing(`${why}\nat x`)).toEqual({
      lacking: `the package gpu.js could not be loaded (${why})`,
      help: "npm install gpu.js@^2.24.1",
    });
  });

  it("is another package where it has no GPU in it", async () => {
    expect(await loadLibrary(() => Promise.resolve({ default: {} }))).toEqual({
      lacking: "the package gpu.js is not the one that this program was made for",
      help: "npm install gpu.js@^2.24.1",
    });
  });

  it("is taken from a CommonJS module, and from a bundle", async () => {
    const library = { GPU: class {}, input: () => undefined } as unknown as GpuLibrary;
    expect(await loadLibrary(() => Promise.resolve({ default: library }))).toEqual(library);
    expect(await loadLibrary(() => Promise.resolve(library))).toEqual(library);
  });

  it("and webgpu are asked for in the versions that the package names as its peers", async () => {
    const { peerDependencies } = JSON.parse(readFileSync("runtime/package.json", "utf8")) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    expect(await failing("Cannot find package 'gpu.js'")).toMatchObject({
      help: expect.stringContaining(`npm install gpu.js@${String(peerDependencies["gpu.js"])},`) as string,
    });
    const adapter = readFileSync("runtime/devices/adapter.ts", "utf8");
    expect(adapter).toContain(`"npm install webgpu@${String(peerDependencies["webgpu"])}"`);
  });
});
