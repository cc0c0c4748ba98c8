/**
 * Where the parts of a module stand: in files of their own, of which the first is what a reader opens and the others are loaded
 * when they are needed, or all in one file. Parts speak of each other through a `Links`, and know nothing of files.
 */
import { StructureKind, type ImportDeclarationStructure } from "ts-morph";
import { namedImports, runtimeImports, type RuntimeSymbol } from "./symbols.ts";

/** Ends of file names in the module's folder; the model itself is the file beside it. */
export type PartName = "model" | "gpu" | "kernels" | "gpu-text" | "wasm" | "wasm-simd" | "wasm-relaxed";

export type Layout = "files" | "one-file";

/** What the statements of one part write where they speak of others, and of the runtime. */
export class Links {
  readonly #runtime = new Set<RuntimeSymbol>();
  readonly #siblings = new Map<string, Set<string>>();

  constructor(
    private readonly layout: Layout,
    private readonly part: PartName,
    private readonly moduleName: string,
  ) {}

  /** `export ` where another file reads the declaration. */
  get exported(): string {
    return this.layout === "files" ? "export " : "";
  }

  get isOneFile(): boolean {
    return this.layout === "one-file";
  }

  /** A symbol of the runtime as text; from now on it is imported. */
  use(symbol: RuntimeSymbol): RuntimeSymbol {
    this.#runtime.add(symbol);
    return symbol;
  }

  /** The name of something in another part, which is there from the start. */
  of(part: PartName, name: string): string {
    if (this.layout === "files") {
      const path = this.#pathOf(part);
      this.#siblings.set(path, (this.#siblings.get(path) ?? new Set()).add(name));
    }
    return name;
  }

  /** A function that gives something of another part, which is loaded when it is called. */
  lazily(part: PartName, name: string): string {
    if (this.layout === "one-file") return `() => Promise.resolve(${name})`;
    return `async () => (await import("${this.#pathOf(part)}")).${name}`;
  }

  /** All functions of another part, as a type: nothing of it is loaded. */
  typesOf(part: PartName, names: readonly string[]): { readonly declaration: string; readonly type: string } {
    if (this.layout === "files") {
      return { declaration: `import type * as ${part} from "${this.#pathOf(part)}";`, type: `typeof ${part}` };
    }
    const members = names.map((name) => `  ${name}: typeof ${name};\n`).join("");
    return { declaration: `interface Kernels {\n${members}}`, type: "Kernels" };
  }

  imports(): ImportDeclarationStructure[] {
    const siblings = [...this.#siblings].map(([path, names]): ImportDeclarationStructure => ({
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: path,
      namedImports: namedImports([...names].sort()),
    }));
    return [...runtimeImports(this.#runtime), ...siblings];
  }

  #pathOf(part: PartName): string {
    return this.part === "model" ? `./${this.moduleName}/${part}.js` : `./${part}.js`;
  }
}
