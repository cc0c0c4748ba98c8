/** Files that are named from outside. Reading a pipe or a device waits or goes on for ever, so that only files are read. */
import { statSync, type Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";

/** What can be read at one go: Node holds no more in one piece. */
const LARGEST = 2 ** 31 - 1;

/**
 * The bytes of a file.
 * @param most bytes that it may have
 * @throws the system's error, or an Error that says what else than a file it is, or how large
 */
export async function readOrdinaryFile(path: string, most = LARGEST): Promise<Uint8Array> {
  checkOrdinary(await stat(path), most);
  return readFile(path);
}

/** As `readOrdinaryFile` looks at a file before it reads it. */
export function checkOrdinaryFile(path: string, most = LARGEST): void {
  checkOrdinary(statSync(path), most);
}

function checkOrdinary(facts: Stats, most: number): void {
  const other = otherThanFile(facts);
  if (other !== undefined) throw new Error(`it is ${other}, not a file`);
  if (facts.size <= most) return;
  const limit = most < 2 ** 30 ? `${String(most / 2 ** 20)} MiB` : `${String(Math.round(most / 2 ** 30))} GiB`;
  throw new Error(`it has ${String(facts.size)} bytes, more than the ${limit} that are read`);
}

/** `a pipe`; undefined of an ordinary file. */
export function otherThanFile(facts: Stats): string | undefined {
  if (facts.isFile()) return undefined;
  if (facts.isDirectory()) return "a folder";
  if (facts.isFIFO()) return "a pipe";
  return facts.isSocket() ? "a socket" : "a device";
}
