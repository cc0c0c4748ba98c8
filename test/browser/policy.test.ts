/** A page under a content security policy: what runs, and for what does not, the directive that is missing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BackendReport } from "../../runtime/contract-backend.ts";
import { bundle, type Site } from "./bundle.ts";
import { isolation, openPage, type OpenPage } from "./page.ts";

/** Called from a timer: what a debugger calls may evaluate code whatever the policy says. */
const program = `
import { model } from "./generated/seed-literal.ts";
globalThis.run = async (backend) => {
  await new Promise((done) => setTimeout(done, 0));
  try {
    const live = await model.create({ backend, seed: 7 });
    const { fc } = await live.predict({ series: new Float32Array(19) });
    const report = live.report();
    await live.dispose();
    return { report, first: fc[0] };
  } catch (error) {
    return { name: error.name, code: error.code, text: error.message + " help: " + error.help };
  }
};
`;

interface Outcome {
  readonly report?: BackendReport;
  readonly first?: number;
  readonly name?: string;
  readonly code?: string;
  readonly text?: string;
}

let site: Site;
beforeAll(async () => {
  site = await bundle(program, "esbuild, minified");
});

function pageUnder(policy: string, headers: Readonly<Record<string, string>> = {}) {
  let open: OpenPage;
  beforeAll(async () => {
    open = await openPage(site, { ...headers, "content-security-policy": policy });
  });
  afterAll(async () => {
    await open.close();
  });
  return (backend: string): Promise<Outcome> =>
    open.page.evaluate(
      (name) => (globalThis as unknown as { readonly run: (backend: string) => Promise<Outcome> }).run(name),
      backend,
    );
}

describe("a policy that allows scripts of the site and nothing else", () => {
  const run = pageUnder("default-src 'self'");

  it.each(["webgpu", "webgl2"])("lets %s run", async (backend) => {
    expect((await run(backend)).report).toMatchObject({ backend });
  });

  it.each([
    [
      "wasm",
      /forbids WebAssembly\. help: allow it with script-src 'wasm-unsafe-eval' \(threads need worker-src blob: too, and the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp\), or choose webgpu or webgl2/,
    ],
    ["webasm", /forbids WebAssembly\. help: allow it with script-src 'wasm-unsafe-eval', or choose webgpu or webgl2/],
    ["cpu", /forbids code that is made of text, .* help: allow it with script-src 'unsafe-eval', or choose wasm/],
  ])("says what %s needs", async (backend, text) => {
    const found = await run(backend);
    expect(found).toMatchObject({ name: "Problem", code: "backend-unavailable" });
    expect(found.text).toMatch(
      new RegExp(`^The backend ${backend} cannot run here: the page's content security policy forbids`, "u"),
    );
    expect(found.text).toMatch(text);
  });

  it("says of auto, where there is no real GPU, why each backend cannot run, and what to allow", async () => {
    const found = await run("auto");
    expect(found).toMatchObject({ name: "Problem", code: "backend-unavailable" });
    expect(found.text).toMatch(
      /^No backend can run here: .*wasm.*webgpu is a software renderer.*webasm.*cpu.* help: allow it with script-src 'wasm-unsafe-eval'/,
    );
  });
});

describe("a policy with 'wasm-unsafe-eval'", () => {
  const run = pageUnder("script-src 'self' 'wasm-unsafe-eval'", isolation);

  it.each(["wasm", "webasm", "webgpu"])("lets %s run", async (backend) => {
    expect((await run(backend)).report).toMatchObject({ backend });
  });

  it("keeps cpu from running", async () => {
    expect((await run("cpu")).text).toContain("script-src 'unsafe-eval'");
  });
});

describe("a policy with 'unsafe-eval'", () => {
  const run = pageUnder("script-src 'self' 'unsafe-eval'");

  it.each(["wasm", "webasm", "cpu"])("lets %s run", async (backend) => {
    expect((await run(backend)).report).toMatchObject({ backend });
  });
});
