/** What the record itself has under a name; never what every object inherits (`constructor`, `toString`). */
export function memberOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  // eslint-disable-next-line specloom/own-names -- the one place that has looked first
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * Gives a record a member of its own, whatever the name. Where records are made many times a second this is what takes the
 * place of `Object.fromEntries`, which makes a pair of each member first.
 */
export function setMember<T>(record: Record<string, T>, name: string, value: NoInfer<T>): void {
  if (name === "__proto__") {
    Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    return;
  }
  // eslint-disable-next-line specloom/own-names -- every other inherited name is hidden by a member
  record[name] = value;
}
