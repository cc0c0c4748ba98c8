/** What a page's content security policy (CSP) keeps from a backend, and what the policy would have to say. */
import { Problem } from "../problem.ts";
import { isNode } from "./adapter.ts";

/** A module without anything in it. */
const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** True where there is WebAssembly and it must not be compiled. Asking is itself reported, where a policy says so. */
function forbidsWebAssembly(): boolean {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(emptyModule)) return false;
  try {
    return !(new WebAssembly.Module(emptyModule) instanceof WebAssembly.Module);
  } catch {
    return true;
  }
}

/** True where text must not become a function. */
function forbidsCode(): boolean {
  try {
    return typeof Reflect.construct(Function, [""]) !== "function";
  } catch {
    return true;
  }
}

/** What threads of the backend wasm need of a page. */
export const threadsNeed =
  "threads need worker-src blob: too, and the headers Cross-Origin-Opener-Policy: same-origin and " +
  "Cross-Origin-Embedder-Policy: require-corp";

/** The problem of a backend that the policy forbids; undefined for one that failed for another reason. */
export function forbiddenByPolicy(backend: string): Problem | undefined {
  if (backend === "wasm" || backend === "webasm") return forbidsWebAssembly() ? withoutWebAssembly(backend) : undefined;
  return backend === "cpu" && forbidsCode() ? withoutCode(backend) : undefined;
}

function withoutWebAssembly(backend: string): Problem {
  const threads = backend === "wasm" ? ` (${threadsNeed})` : "";
  return forbidden(
    backend,
    "WebAssembly",
    `allow it with script-src 'wasm-unsafe-eval'${threads}, or choose webgpu or webgl2, which no directive forbids.`,
  );
}

function withoutCode(backend: string): Problem {
  return forbidden(
    backend,
    "code that is made of text, as gpu.js makes it for this backend",
    "allow it with script-src 'unsafe-eval', or choose wasm, for which 'wasm-unsafe-eval' is enough, or webgpu or webgl2, " +
      "which no directive forbids.",
  );
}

function forbidden(backend: string, what: string, help: string): Problem {
  const inNode = "start Node without --disallow-code-generation-from-strings.";
  return new Problem({
    code: "backend-unavailable",
    message: `The backend ${backend} cannot run here: ${isNode() ? "this process" : "the page's content security policy"} forbids ${what}.`,
    help: isNode() ? inNode : help,
  });
}
