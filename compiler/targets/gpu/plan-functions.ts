/**
 * Plans as functions: what one program does as another begins is a function that both call, and so is what is done for several
 * layers alike.
 */
import type { AnyProgramName, SomePrograms } from "@specloom/runtime/internal/contract";
import type { PlanFunction } from "../../code-text/gpu-module.ts";
import { filled, propertyKey, stringLiteral } from "../../code-text/literals.ts";
import { NameScope } from "../../code-text/names.ts";
import { programOrder } from "../../code-text/program-order.ts";
import { equalSections, type Body, type Site } from "./plan-outline.ts";
import { callName, layerFunctions, type LayerFunction } from "./plan-layers.ts";
import { resultFunctions, type ResultFunctions } from "./plan-results.ts";
import { callLines, printStatements, titleOf, type NameOf } from "./plan-print.ts";
import {
  contextMembers,
  contextNames,
  givenBy,
  readIn,
  type Plan,
  type Section,
  type Value,
} from "./plan-statements.ts";

/** Programs, and those that may go on where they end. */
const continuations: readonly (readonly [AnyProgramName, readonly AnyProgramName[]])[] = [
  ["predict", ["evaluate"]],
  ["gradients", ["train_step", "accumulate"]],
];

export interface PlanFunctions {
  readonly layers: readonly PlanFunction[];
  readonly steps: SomePrograms<PlanFunction>;
  readonly plans: SomePrograms<PlanFunction>;
}

/**
 * @param nameOf what a plan's function is called
 * @param taken names of the module's other functions
 */
export function planFunctions(
  plans: SomePrograms<Plan>,
  nameOf: (program: AnyProgramName) => string,
  taken: readonly string[],
): PlanFunctions {
  const beginnings = beginningsOf(plans, nameOf);
  const bodies = programOrder.flatMap((program): PlanBody[] => {
    const plan = plans[program];
    if (plan === undefined) return [];
    const before = beginnings.get(program);
    const sections = plan.sections.slice(before?.sections.length ?? 0);
    const { results, updates } = plan;
    return [
      { name: nameOf(program), program, plan, sections, results, updates, ...(before === undefined ? {} : { before }) },
    ];
  });
  const all = [...new Set([...beginnings.values(), ...bodies])];
  const programs = new Map(
    all.flatMap(({ program, sections }) => sections.map((section) => [section, program] as const)),
  );
  const names = [...taken, ...contextNames, ...Object.values(plans).flatMap((plan) => plan.names)];
  const functions = layerFunctions(equalSections(all), names, (section) => programs.get(section) ?? "predict");
  const layers = [...new Set(functions.values())].map(({ function: written }) => written);
  const scope = new NameScope([...names, ...layers.map(({ name }) => name)]);
  const whole = bodies.map((body) => ({ body, sections: [...(body.before?.sections ?? []), ...body.sections] }));
  const results = resultFunctions(whole, functions, scope);
  const written = [...layers, ...results.functions];
  const printer = new BodyPrinter(functions, results, [...names, ...written.map(({ name }) => name)]);
  const steps = [...new Set(beginnings.values())].map((body) => {
    const following = bodies.filter(({ before }) => before === body);
    return [body.program, printer.beginning(body, following)] as const;
  });
  return {
    layers: written,
    steps: Object.fromEntries(steps) as SomePrograms<PlanFunction>,
    plans: Object.fromEntries(bodies.map((body) => [body.program, printer.plan(body)])) as SomePrograms<PlanFunction>,
  };
}

/** What a function does that several programs begin with. */
function beginningWords({ program }: PlanBody, following: readonly PlanBody[]): string {
  const what = program === "predict" ? "Forward, without dropout" : "Forward, loss and backward";
  const names = following.map((body) => body.program);
  return `${what}: what ${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""} have in common.`;
}

interface PlanBody extends Body {
  readonly name: string;
  readonly program: AnyProgramName;
  readonly plan: Plan;
  readonly updates: boolean;
  readonly before?: PlanBody;
}

/** By program: what it begins with, and shares with others. */
function beginningsOf(
  plans: SomePrograms<Plan>,
  nameOf: (program: AnyProgramName) => string,
): ReadonlyMap<AnyProgramName, PlanBody> {
  const begun = new Map<AnyProgramName, PlanBody>();
  for (const [first, others] of continuations) {
    const plan = plans[first];
    if (plan === undefined) continue;
    const following = others.filter((name) => goesOn(plans[name], plan));
    if (following.length === 0) continue;
    const { sections } = plan;
    const name = `${nameOf(first)}Steps`;
    const body = { name, program: first, plan, sections, results: [], updates: false };
    for (const program of [first, ...following]) begun.set(program, body);
  }
  return begun;
}

function goesOn(plan: Plan | undefined, first: Plan): boolean {
  const textOf = (section: Section | undefined): string =>
    section === undefined
      ? ""
      : [titleOf(section), ...printStatements(section.statements, ({ name }) => name)].join("\n");
  return (
    plan !== undefined && first.sections.every((section, place) => textOf(plan.sections[place]) === textOf(section))
  );
}

/** Writes the functions of bodies, with calls where a section is a function of its own. */
class BodyPrinter {
  /** What a plan calls that which the function of a section gave. */
  readonly #called = new Map<Section, string>();
  readonly #scopes = new Map<PlanBody, NameScope>();

  constructor(
    private readonly functions: ReadonlyMap<Section, LayerFunction>,
    private readonly results: ResultFunctions,
    private readonly taken: readonly string[],
  ) {}

  beginning(body: PlanBody, following: readonly PlanBody[]): PlanFunction {
    const sections = this.#sections(body);
    const read = new Set(following.flatMap((one) => this.#roots(one)));
    const gives = [...this.#given(body)].filter((name) => read.has(name));
    return {
      name: body.name,
      documentation: [beginningWords(body, following)],
      parameters: [],
      ...this.#withContext(body, [...sections, "", ...filled("return { ", gives, " };")]),
    };
  }

  plan(body: PlanBody): PlanFunction {
    const { before, name, results } = body;
    const sections = this.#sections(body);
    const read = new Set(this.#roots(body));
    const given = before === undefined ? [] : [...this.#given(before)].filter((one) => read.has(one));
    const nameOf = this.#nameOf(body);
    const calls = this.results.calls.get(body) ?? [];
    const pairs = results.map(({ name: result, value }) => {
      const call = calls.find((one) => one.results.has(result));
      if (call !== undefined) {
        const given = this.#called.get(call.section) ?? "";
        return `...${call.function}(${stringLiteral(call.section.layer)}, ${given})`;
      }
      const text = nameOf(value);
      return propertyKey(result) === text ? text : `${propertyKey(result)}: ${text}`;
    });
    const taken = before === undefined ? [] : filled("const { ", given, ` } = ${before.name}(context);`);
    const statements = [
      ...taken,
      ...sections,
      ...(sections.length === 0 ? [] : [""]),
      ...filled("return { ", [...new Set(pairs), ...(body.updates ? ["...updated"] : [])], " };"),
    ];
    return { name, documentation: [], parameters: [], ...this.#withContext(body, statements) };
  }

  /** The statements behind what they need of the context. */
  #withContext(body: PlanBody, statements: readonly string[]): Pick<PlanFunction, "members" | "statements"> {
    const inPlace = body.sections.filter((section) => !this.functions.has(section)).flatMap((one) => one.statements);
    const read = new Set(this.#valuesRead(body).map(({ name }) => name));
    const unpacked = body.plan.arguments.flatMap(({ name, external = "" }) =>
      read.has(name) ? [name === external ? name : `${propertyKey(external)}: ${name}`] : [],
    );
    const own = contextMembers(inPlace, () => unpacked.length > 0);
    const members = unpacked.length > 0 ? [...new Set([...own, "tensors"])] : own;
    const handsOn = body.before !== undefined || body.sections.some((section) => this.functions.has(section));
    return {
      members: handsOn ? ["context"] : members,
      statements: [
        ...(handsOn && members.length > 0 ? [`const { ${members.join(", ")} } = context;`] : []),
        ...(unpacked.length === 0 ? [] : filled("const { ", unpacked, " } = tensors;")),
        ...statements,
      ],
    };
  }

  #sections(body: PlanBody): readonly string[] {
    const nameOf = this.#nameOf(body);
    let wasCall = false;
    const lines = body.sections.flatMap((section): readonly string[] => {
      const written = this.functions.get(section);
      if (written !== undefined) {
        const call = this.#call(body, section, written);
        const start = wasCall ? [] : [""];
        wasCall = true;
        return [...start, ...call];
      }
      wasCall = false;
      return ["", `// ${titleOf(section)}`, ...printStatements(section.statements, nameOf, body.plan.names)];
    });
    return body.before === undefined && lines[0] === "" ? lines.slice(1) : lines;
  }

  #call(body: PlanBody, section: Section, written: LayerFunction): readonly string[] {
    const { asksLayer, gives } = written;
    const nameOf = this.#nameOf(body);
    const called = this.#callNameOf(body, section, gives);
    return callLines(`const ${called} = ${written.function.name}`, [
      "context",
      ...(asksLayer ? [stringLiteral(section.layer)] : []),
      ...this.#objectsRead(section),
      ...(this.#siteOf(section)?.takes ?? []).map(nameOf),
    ]);
  }

  #siteOf(section: Section): Site | undefined {
    return this.functions.get(section)?.group.sites.find((site) => site.section === section);
  }

  /** What functions gave that the function of a section is handed. */
  #objectsRead(section: Section): readonly string[] {
    return (this.#siteOf(section)?.reads ?? []).map((home) => this.#called.get(home) ?? "");
  }

  #callNameOf(body: PlanBody, section: Section, gives: LayerFunction["gives"]): string {
    const known = this.#called.get(section);
    if (known !== undefined) return known;
    const [place, second] = [...gives.keys()];
    const only = second === undefined && place !== undefined ? givenBy(section.statements)[place] : undefined;
    const name = only === undefined ? this.#scopeOf(body).claim(callName(section)) : only.name;
    this.#called.set(section, name);
    return name;
  }

  #scopeOf(body: PlanBody): NameScope {
    const root = body.before ?? body;
    const scope = this.#scopes.get(root) ?? new NameScope(this.taken);
    this.#scopes.set(root, scope);
    return scope;
  }

  /** How a body speaks of values: of its own by name, of what a function gave by that. */
  #nameOf(body: PlanBody): NameOf {
    const texts = new Map(
      [...(body.before?.sections ?? []), ...body.sections].flatMap((section): [string, string][] => {
        const written = this.functions.get(section);
        if (written === undefined || written.gives.size === 1) return [];
        const called = this.#callNameOf(body, section, written.gives);
        return givenBy(section.statements).flatMap(({ name }, place): [string, string][] => {
          const member = written.gives.get(place);
          return member === undefined ? [] : [[name, `${called}.${member}`]];
        });
      }),
    );
    return ({ name }) => texts.get(name) ?? name;
  }

  /** Values that the text of a body speaks of, outside of functions that it calls. */
  #valuesRead({ sections, results }: PlanBody): readonly Value[] {
    return [
      ...sections.flatMap((section) => this.#siteOf(section)?.takes ?? readIn(section.statements)),
      ...results.map(({ value }) => value),
    ];
  }

  /** Names at the start of what a body speaks of: of `encoder.hidden` it is `encoder`. */
  #roots(body: PlanBody): readonly string[] {
    const nameOf = this.#nameOf(body);
    const objects = body.sections.flatMap((section) => this.#objectsRead(section));
    return [...this.#valuesRead(body).map((value) => nameOf(value).split(".")[0] ?? ""), ...objects];
  }

  /** Names that a body gives to what it computes. */
  #given(body: PlanBody): ReadonlySet<string> {
    return new Set(
      body.sections.flatMap((section) => {
        const called = this.#called.get(section);
        return called === undefined ? givenBy(section.statements).map(({ name }) => name) : [called];
      }),
    );
  }
}
