type Name<Given> = Extract<keyof Given, string>;
type Thing<Given> = Exclude<Given[keyof Given], undefined>;

/**
 * One thing for each program of a model, made of another: a program that the one has not, the other has not either.
 *
 * @param names which programs, in which order, where not all
 */
export function mapPrograms<Given extends object, Made>(
  programs: Given,
  make: (thing: Thing<Given>, name: Name<Given>) => Made,
  names: readonly Name<Given>[] = Object.keys(programs) as Name<Given>[],
): { readonly [Name in keyof Given]: Made } {
  const present = names.filter((name) => programs[name] !== undefined);
  const made = present.map((name) => [name, make(programs[name] as Thing<Given>, name)] as const);
  return Object.fromEntries(made) as { readonly [Name in keyof Given]: Made };
}
