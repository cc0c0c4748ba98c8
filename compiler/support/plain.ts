/** Questions about plain data. */

export type PlainRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is PlainRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether every JavaScript object has something under a name, so that it is no good name for what generated code declares. */
export function isInherited(name: string): boolean {
  return Reflect.has(Object.prototype, name);
}
