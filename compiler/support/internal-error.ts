/** Our own mistake, never the user's: the command line asks for a report and exits with 70. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** For what cannot be unless this compiler is wrong. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}
