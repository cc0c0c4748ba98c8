/** What names may look like. */
import { isInherited } from "../support/plain.ts";

/** Names of specs: what a file may be called. */
export const specNamePattern = "^[A-Za-z][A-Za-z0-9_-]*$";

/** Names of layers, inputs and sizes: what an identifier of the generated module may be called. */
export const identifierPattern = "^[A-Za-z][A-Za-z0-9_]*$";

/** Rules in words, for messages. */
export const specNameRule = "a name starts with a letter and goes on with letters, digits, _ and -.";
export const identifierRule = "a name starts with a letter and goes on with letters, digits and _.";

/** Keys that mean something to every JavaScript object. */
export function isReservedKey(key: string): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype";
}

/** Names that the generated module or JavaScript itself has taken. */
export function isReservedName(name: string): boolean {
  return name === "loss" || isInherited(name) || isReservedKey(name);
}
