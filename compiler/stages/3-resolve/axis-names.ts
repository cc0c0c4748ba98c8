/** What the axes of a model are called: one name means one size, in every legend, header, type and message. */
import type { LayerShape } from "../../contracts/layer.ts";
import type { Model } from "../../contracts/model.ts";
import { invariant } from "../../support/internal-error.ts";

interface Named {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
}

/** Comes before every shape, and is no size of the model. */
const batchAxis = "B";

/**
 * Layers call what they make by the letters of their formulas: the H of one `lstm` and the H of a wider one. The first keeps
 * the letter; an axis of another size is called by its size, as one that has no letter is.
 */
export class AxisNames {
  readonly #sizes = new Map<string, number>();

  /** The shape with names that mean, in this model, what they say. */
  settle<S extends Named>(shape: S): S {
    const axes = shape.axes.map((axis, position) => this.#settled(axis, shape.shape[position] as number));
    return { ...shape, axes };
  }

  #settled(axis: string, size: number): string {
    if (isSize(axis) || axis === batchAxis) return String(size);
    const known = this.#sizes.get(axis);
    if (known === undefined) this.#sizes.set(axis, size);
    return known === undefined || known === size ? axis : String(size);
  }
}

function isSize(axis: string): boolean {
  return /^\d+$/.test(axis);
}

/** Holds of every model that stage 3 makes. */
export function verifyAxisNames({ inputs, layers, outputs }: Pick<Model, "inputs" | "layers" | "outputs">): void {
  const sizes = new Map<string, number>();
  const check = (what: string, { shape, axes }: Named): void => {
    invariant(axes.length === shape.length, `${what} has ${axes.length} names for ${shape.length} axes`);
    axes.forEach((axis, position) => {
      const size = shape[position] as number;
      const meant = isSize(axis) ? Number(axis) : (sizes.get(axis) ?? size);
      invariant(meant === size && axis !== batchAxis, `axis ${axis} of ${what} is ${size}, and elsewhere ${meant}`);
      sizes.set(axis, size);
    });
  };
  for (const input of inputs) check(input.name, input);
  for (const { name, output, extras } of layers) {
    check(name, output);
    for (const [extra, shape] of Object.entries<LayerShape>(extras)) check(`${name}.${extra}`, shape);
  }
  for (const { name, shape } of outputs) check(name, shape);
}
