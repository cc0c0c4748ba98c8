/** Every name a generated module may import. Printing a symbol records it; the import declarations are made from that. */
import { StructureKind, type ImportDeclarationStructure } from "ts-morph";

const runtimeModule = "@specloom/runtime";

export const runtimeSymbols = {
  ArgumentFact: "type",
  defineModel: "value",
  GpuHandle: "type",
  GpuKernel: "type",
  GpuPlanContext: "type",
  Index: "type",
  KernelThis: "type",
  ModelDefinition: "type",
  Outputs: "type",
  ParameterFact: "type",
  PredictInputs: "type",
  productOverSteps: "value",
  Tensor1: "type",
  Tensor2: "type",
  Tensor3: "type",
  TrainInputs: "type",
  WasmModule: "type",
} as const satisfies Readonly<Record<string, "type" | "value">>;

export type RuntimeSymbol = keyof typeof runtimeSymbols;

/** A longer list of names is written one a line. */
const longestList = 80;

export class SymbolTable {
  readonly #used = new Set<RuntimeSymbol>();

  /** The symbol as text; from now on it is imported. */
  use(symbol: RuntimeSymbol): RuntimeSymbol {
    this.#used.add(symbol);
    return symbol;
  }

  /** At most one declaration for values and one for types, names sorted. */
  imports(): ImportDeclarationStructure[] {
    const namesOf = (sort: "type" | "value"): string[] =>
      [...this.#used].filter((symbol) => runtimeSymbols[symbol] === sort).sort();
    return (["value", "type"] as const)
      .map((sort) => ({ sort, names: namesOf(sort) }))
      .filter(({ names }) => names.length > 0)
      .map(({ sort, names }) => ({
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: runtimeModule,
        isTypeOnly: sort === "type",
        namedImports: (writer) => {
          const flat = `{ ${names.join(", ")} }`;
          if (flat.length <= longestList) writer.write(names.join(", "));
          else {
            writer.newLine();
            for (const name of names) writer.writeLine(`${name},`);
          }
        },
      }));
  }
}
