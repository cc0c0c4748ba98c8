/** Every name a generated module may import. Links record which ones are printed; the import declarations are made from that. */
import { StructureKind, type CodeBlockWriter, type ImportDeclarationStructure } from "ts-morph";

const runtimeModule = "@specloom/runtime";

export const runtimeSymbols = {
  defineModel: "value",
  FeedFact: "type",
  GpuHandle: "type",
  GpuPlanContext: "type",
  GpuTarget: "type",
  Index: "type",
  KernelThis: "type",
  ModelDefinition: "type",
  ModelHandle: "type",
  ParameterFact: "type",
  productOverSteps: "value",
  Tensor1: "type",
  Tensor2: "type",
  Tensor3: "type",
  TensorInput: "type",
  WasmTarget: "type",
} as const satisfies Readonly<Record<string, "type" | "value">>;

export type RuntimeSymbol = keyof typeof runtimeSymbols;

/** A longer list of names is written one a line. */
const longestList = 80;

/** At most one declaration for values and one for types, names sorted. */
export function runtimeImports(used: ReadonlySet<RuntimeSymbol>): ImportDeclarationStructure[] {
  const namesOf = (sort: "type" | "value"): string[] =>
    [...used].filter((symbol) => runtimeSymbols[symbol] === sort).sort();
  return (["value", "type"] as const)
    .map((sort) => ({ sort, names: namesOf(sort) }))
    .filter(({ names }) => names.length > 0)
    .map(({ sort, names }) => ({
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: runtimeModule,
      isTypeOnly: sort === "type",
      namedImports: namedImports(names),
    }));
}

export function namedImports(names: readonly string[]): (writer: CodeBlockWriter) => void {
  return (writer) => {
    const flat = `{ ${names.join(", ")} }`;
    if (flat.length <= longestList) writer.write(names.join(", "));
    else {
      writer.newLine();
      for (const name of names) writer.writeLine(`${name},`);
    }
  };
}
