/**
 * AssemblyScript to WebAssembly: the source and the hand-written library through `asc`, once per kind of SIMD. What is published has
 * the assembler in a file beside this one (scripts/build.mjs), without the tools for the command line that its packages bring.
 */
import { readFileSync } from "node:fs";
import assemblyScript from "assemblyscript/package.json" with { type: "json" };
import { InternalError } from "../../support/internal-error.ts";

export interface Binaries {
  readonly simd: Uint8Array;
  readonly relaxed: Uint8Array;
}

export interface AssembleOptions {
  /** asc's `-O`. Level 1 is as fast as 3 in V8, which optimises for itself, in a third of the time and of the size. */
  readonly level?: "0" | "1" | "2" | "3";
}

export async function assemble(source: string, options: AssembleOptions = {}): Promise<Binaries> {
  return {
    simd: await assembleVariant(source, "simd", options),
    relaxed: await assembleVariant(source, "relaxed", options),
  };
}

/** For one kind of SIMD alone. */
export async function assembleVariant(
  source: string,
  variant: keyof Binaries,
  { level = "1" }: AssembleOptions = {},
): Promise<Uint8Array> {
  // Loaded when it is needed: the assembler takes half a second to start.
  const { default: asc } = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "module.ts",
      "--outFile",
      "module.wasm",
      `-O${level}`,
      "--noAssert",
      "--disableWarning",
      "112",
      "--runtime",
      "stub",
      "--importMemory",
      "--sharedMemory",
      "--initialMemory",
      "1",
      "--maximumMemory",
      "65536",
      "--memoryBase",
      "1024",
      "--enable",
      variant === "relaxed" ? "simd,threads,bulk-memory,relaxed-simd" : "simd,threads,bulk-memory",
    ],
    {
      readFile: (name) => (name === "module.ts" ? source : libraryFile(name)),
      writeFile: (name, contents) => {
        if (name === "module.wasm" && typeof contents !== "string") binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    // The stream's own type leaves out that it gives what was written to it.
    const said = (stderr as { readonly toString: () => string }).toString();
    throw new InternalError(`asc refused what the wasm target wrote: ${said}`);
  }
  return binary;
}

export function assemblerVersion(): string {
  return assemblyScript.version;
}

/** The hand-written part, all of it. */
export function librarySource(): string {
  return ["math", "product", "support", "threads"].map((name) => libraryFile(`lib/${name}.ts`)).join("\n");
}

function libraryFile(name: string): string | null {
  const file = /^lib\/(\w+)\.ts$/.exec(name)?.[1];
  return file === undefined ? null : readFileSync(new URL(`./lib/${file}.ts`, import.meta.url), "utf8");
}
