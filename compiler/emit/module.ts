/** Puts a generated module together: its parts in the files of a layout, each one ts-morph structure that is printed once. */
import { IndentationText, Project, QuoteKind, StructureKind } from "ts-morph";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { Model } from "../contracts/model.ts";
import { comment } from "./comments.ts";
import { modelNames, modelPart } from "./definition.ts";
import { FinalTexts } from "./final-text.ts";
import { gpuNames, gpuTargetPart, gpuTextPart, kernelsPart, stepsPart } from "./gpu.ts";
import { headerLines, summaryLines } from "./header.ts";
import { Links, type Layout, type PartName } from "./layout.ts";
import type { ModuleParts } from "./parts.ts";
import { section, type Statement } from "./statements.ts";
import { binaryPart, wasmPart, webAssemblyNames } from "./webassembly.ts";

export interface ModuleFile {
  /** From the folder of the module: `next-number.ts`, `next-number/gpu.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The one that a reader opens comes first. */
export type ModuleFiles = readonly [ModuleFile, ...ModuleFile[]];

/** Names a module uses for itself; kernels must not take them. */
export const moduleNames: readonly string[] = [...modelNames, ...gpuNames, ...webAssemblyNames];

/** The files of a module, the one that a reader opens first. */
export function printModule(parts: ModuleParts, layout: Layout): ModuleFiles {
  return layout === "files" ? severalFiles(parts) : [oneFile(parts)];
}

/** What a part is, for the reader of its file, and how it is written. */
interface Part {
  readonly name: PartName;
  readonly title: string;
  readonly statements: (links: Links) => readonly Statement[];
  /** Statements that read constants of other parts, where one file has them all. */
  readonly last?: (links: Links) => readonly Statement[];
}

function partsBehind({ programs, gpu, wasm }: ModuleParts): readonly Part[] {
  const ofGpu: readonly Part[] =
    gpu === undefined
      ? []
      : [
          {
            name: "gpu",
            title:
              "Steps on the GPU: which kernels run, in which order, on what. A call gives the shape of its output first",
            statements: (links) => stepsPart(gpu, links),
            last: (links) => gpuTargetPart(programs, gpu, links),
          },
          {
            name: "kernels",
            title:
              "Kernels: each computes one cell of its output. To be read and type-checked; gpu.js gets them as text",
            statements: (links) => kernelsPart(gpu, links),
          },
          {
            name: "gpu-text",
            title: "For gpu.js alone",
            statements: (links) => gpuTextPart(programs, gpu, links),
          },
        ];
  if (wasm === undefined) return ofGpu;
  const binary = (name: "wasm-simd" | "wasm-relaxed", what: string): Part => ({
    name,
    title: `The programs in WebAssembly with ${what}; \`specloom compile --emit kernels --target wasm\` prints their source`,
    statements: (links) => binaryPart(name, wasm, links),
  });
  return [
    ...ofGpu,
    binary("wasm-simd", "SIMD"),
    binary("wasm-relaxed", "relaxed SIMD"),
    {
      name: "wasm",
      title: "WebAssembly: its memory",
      statements: () => [],
      last: (links) => wasmPart(wasm, links),
    },
  ];
}

function severalFiles(parts: ModuleParts): ModuleFiles {
  const { name } = parts.model;
  const links = new Links("files", "model", name);
  const statements = modelPart(parts, links);
  const first = { path: `${name}.ts`, text: printFile(opening(parts.model), links, statements) };
  const others = partsBehind(parts).map((part) => {
    const own = new Links("files", part.name, name);
    const written = [...part.statements(own), ...(part.last?.(own) ?? [])];
    const header = [...headerLines(parts.model).slice(0, 1), `${part.title}.`].map((line) => `// ${line}\n`).join("");
    return { path: `${name}/${part.name}.ts`, text: printFile(header, own, written) };
  });
  return [first, ...others];
}

function oneFile(parts: ModuleParts): ModuleFile {
  const { name } = parts.model;
  const links = new Links("one-file", "model", name);
  const behind = partsBehind(parts);
  const statements = [
    ...modelPart(parts, links),
    ...behind.flatMap((part) => {
      const written = part.statements(links);
      return written.length === 0 ? [] : [section(part.title), ...written];
    }),
    ...behind.flatMap((part) => part.last?.(links) ?? []),
  ];
  return { path: `${name}.ts`, text: printFile(opening(parts.model), links, statements) };
}

/** Where the module came from, and the model at a glance. */
function opening(model: Model): string {
  const header = headerLines(model)
    .map((line) => `// ${line}\n`)
    .join("");
  return `${header}\n${comment(summaryLines(model))}\n`;
}

function printFile(start: string, links: Links, statements: readonly Statement[]): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces, quoteKind: QuoteKind.Double },
  });
  const texts = new FinalTexts();
  const held = statements.map((statement) => withoutText(statement, texts));
  const file = project.createSourceFile("module.ts", { statements: [...links.imports(), ...held] });
  // Literals have escapes for what is not seen; this is for the comments, where names and descriptions stand too.
  return visibleText(`${start}\n${tidy(texts.restored(file.getFullText()))}`);
}

function withoutText(statement: Statement, texts: FinalTexts): Statement {
  if (typeof statement === "string") return texts.hold(statement);
  if (statement.kind !== StructureKind.Function || typeof statement.statements !== "string") return statement;
  return { ...statement, statements: texts.hold(statement.statements) };
}

/** One blank line between statements at most, and one line end at the end. */
function tidy(text: string): string {
  return `${text
    .replace(/[ \t]+$/gmu, "")
    .replace(/\n{3,}/gu, "\n\n")
    .trim()}\n`;
}
