/** How large a model may be. Whatever multiplies is limited before it costs anything: here, and so in the schema. */

/** Numbers of one tensor (2 GiB of float32): the memory of one buffer. No axis is longer, and nothing is counted further. */
export const mostCells = 2 ** 29;

/** Layers of a model, with what is repeated and with every run of a recurrent layer. */
export const mostLayers = 2000;

/** `num_layers` of one recurrent layer. */
export const mostStacked = 128;

/** Sequences that beam search keeps: each has states of its own. */
export const mostBeams = 1000;

/** The schema in which every whole number has a limit: its own, or that of an axis. */
export function limited<Schema>(schema: Schema): Schema {
  return withLimits(schema) as Schema;
}

function withLimits(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withLimits);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withLimits(value)]));
  return inner["type"] === "integer" ? { minimum: -mostCells, maximum: mostCells, ...inner } : inner;
}

/** Whether a bound is only that of all whole numbers: not worth a word where another is meant. */
export function isGeneralLimit(bound: number): boolean {
  return Math.abs(bound) === mostCells;
}
