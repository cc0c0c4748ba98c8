/** Blocks of a kernel: the function body and the loops in it, each with the names it binds and the statements so far. */
import { namesOf } from "../../ir/index-expression.ts";
import type { Expression, IndexExpression, KernelParameter } from "../../ir/program.ts";
import { NameScope } from "../../code-text/names.ts";
import type { Code } from "./code.ts";

export class KernelScope {
  readonly statements: string[] = [];
  readonly values = new Map<Expression, Code>();
  readonly #positions = new Map<string, string>();

  private constructor(
    readonly outer: KernelScope | undefined,
    private readonly binds: ReadonlySet<string>,
    readonly names: NameScope,
    readonly extents: Map<string, number>,
    /** The tensors of the kernel. */
    readonly parameters: readonly KernelParameter[],
  ) {}

  /** @param taken names that mean something already: parameters, indices, loop variables */
  static body(
    taken: Iterable<string>,
    extents: ReadonlyMap<string, number>,
    parameters: readonly KernelParameter[],
  ): KernelScope {
    return new KernelScope(undefined, new Set(), new NameScope(taken), new Map(extents), parameters);
  }

  loop(index: string, extent: number): KernelScope {
    this.extents.set(index, extent);
    return new KernelScope(this, new Set([index]), this.names, this.extents, this.parameters);
  }

  /** The innermost block that binds one of the names; what needs none of them belongs to the function body. */
  home(free: ReadonlySet<string>): KernelScope {
    for (const name of this.binds) if (free.has(name)) return this;
    return this.outer === undefined ? this : this.outer.home(free);
  }

  homeOfIndex(index: IndexExpression): KernelScope {
    return this.home(namesOf(index));
  }

  declareValue(wish: string, value: Code): Code {
    const name = this.names.claim(wish);
    this.statements.push(`const ${name} = ${value.text};`);
    return { text: name, strength: Number.POSITIVE_INFINITY };
  }

  declareIndex(wish: string, text: string): string {
    const name = this.names.claim(wish);
    this.statements.push(`const ${name}: Index = ${text};`);
    return name;
  }

  /** The name of a position that was computed in this block before, or a new one. */
  position(key: string, declare: () => string): string {
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const name = declare();
    this.#positions.set(key, name);
    return name;
  }
}
