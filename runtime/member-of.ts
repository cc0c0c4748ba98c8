/** What the record itself has under a name; never what every object inherits (`constructor`, `toString`). */
export function memberOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  // eslint-disable-next-line specloom/own-names -- the one place that has looked first
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
