/** What a process forbids is said before anything meets it. Policies of pages are tested in a browser. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createExecutor, listBackends } from "../../../../runtime/devices/create.ts";
import { wasmDefinition } from "../../../support/wasm-model.ts";

const error = vi.spyOn(console, "error");
afterEach(() => {
  vi.unstubAllGlobals();
});

/** As under a policy: bytes are valid, and must not be compiled. */
function forbidWebAssembly(): void {
  const Module = function (): never {
    throw new WebAssembly.CompileError("violates the following Content Security policy directive");
  };
  vi.stubGlobal("WebAssembly", { ...entriesOf(WebAssembly), Module });
}

/** As under a policy: no text becomes a function. */
function forbidCode(): void {
  vi.stubGlobal("Function", function (): never {
    throw new EvalError("Code generation from strings disallowed for this context");
  });
}

function entriesOf(space: object): object {
  return Object.fromEntries(
    Object.getOwnPropertyNames(space).map((name) => [name, (space as Readonly<Record<string, unknown>>)[name]]),
  );
}

describe("where WebAssembly is forbidden", () => {
  it.each(["wasm", "webasm"] as const)("%s says so", async (backend) => {
    const definition = await wasmDefinition();
    forbidWebAssembly();
    await expect(createExecutor(definition, { backend })).rejects.toMatchObject({
      name: "Problem",
      code: "backend-unavailable",
      message: `The backend ${backend} cannot run here: this process forbids WebAssembly.`,
    });
  });

  it("auto computes in JavaScript, and says why", async () => {
    const definition = await wasmDefinition();
    forbidWebAssembly();
    const executor = await createExecutor(definition, { backend: "auto" });
    const { backend, reason } = executor.report();
    await executor.dispose();
    expect(backend).toBe("cpu");
    expect(reason).toMatch(
      /The backend wasm cannot run here: this process forbids WebAssembly;.*webasm cannot run here/,
    );
  });

  it("relaxed SIMD is not said to be missing", async () => {
    const definition = await wasmDefinition();
    forbidWebAssembly();
    await expect(createExecutor(definition, { backend: "wasm", simd: "relaxed" })).rejects.toThrow(
      /forbids WebAssembly/,
    );
  });
});

describe("where code may not be made of text", () => {
  it("cpu says so, and gpu.js writes nothing to the console", async () => {
    const definition = await wasmDefinition();
    forbidCode();
    await expect(createExecutor(definition, { backend: "cpu" })).rejects.toMatchObject({
      code: "backend-unavailable",
      message: expect.stringMatching(/^The backend cpu cannot run here: this process forbids code/) as string,
    });
    expect(error).not.toHaveBeenCalled();
  });

  it("no backend is left where WebAssembly is forbidden too, and each is told", async () => {
    const definition = await wasmDefinition();
    forbidCode();
    forbidWebAssembly();
    await expect(createExecutor(definition, { backend: "auto" })).rejects.toThrow(
      /^No backend can run here: .*wasm.*; .*GPU.*; .*webasm.*; .*cpu/,
    );
    const findings = await listBackends();
    expect(findings.find(({ backend }) => backend === "wasm")).toMatchObject({
      available: false,
      reason: "The backend wasm cannot run here: this process forbids WebAssembly",
      help: "start Node without --disallow-code-generation-from-strings.",
    });
  });
});
