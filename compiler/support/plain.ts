/** Questions about plain data. */

export type PlainRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is PlainRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the record itself has under a name; never what every object inherits (`constructor`, `toString`). */
export function memberOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  // eslint-disable-next-line specloom/own-names -- the one place that has looked first
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Whether every JavaScript object has something under a name, so that it is no good name for what generated code declares. */
export function isInherited(name: string): boolean {
  return Reflect.has(Object.prototype, name);
}
