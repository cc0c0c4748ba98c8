/** Shapes as readers see them, the batch axis first. */

interface Shaped {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
}

/** `[B, T, H]`. */
function axesText({ axes }: Shaped): string {
  return `[${["B", ...axes].join(", ")}]`;
}

/**
 * `[B, T, H] = [32, 64, 128]`; only the numbers where the axes have no names of their own.
 * @param batch size of the batch, where it is known
 */
export function legend({ axes, shape }: Shaped, batch: number | "B" = "B"): string {
  const named = axes.some((axis, position) => axis !== String(shape[position]));
  const numbers = `[${[batch, ...shape].join(", ")}]`;
  return named || batch !== "B" ? `${axesText({ axes, shape })} = ${numbers}` : numbers;
}
