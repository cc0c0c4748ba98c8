/** The bytes of a file as programs hand them over: whatever holds bytes is taken, and what does not is told what it is. */
import { Problem } from "./problem.ts";
import { describe } from "./tensor.ts";

const views: readonly string[] = ["Uint8Array", "Uint8ClampedArray", "Int8Array", "DataView"];
const buffers: readonly string[] = ["ArrayBuffer", "SharedArrayBuffer"];

/**
 * A view of the bytes; a copy where other threads may change them.
 *
 * @param name of the argument, for messages
 * @throws Problem `invalid-option` for anything that holds no bytes
 */
export function bytesOf(given: unknown, name: string): Uint8Array {
  // By tag and not by class: bytes of another frame or of a test's sandbox have other classes.
  const tag = tagOf(given);
  if (views.includes(tag)) {
    const { buffer, byteOffset, byteLength } = given as Uint8Array;
    return own(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (buffers.includes(tag)) return own(new Uint8Array(given as ArrayBuffer));
  throw new Problem({
    code: "invalid-option",
    message:
      `${name} must be the bytes of a safetensors file (a Uint8Array, an ArrayBuffer or a DataView), ` +
      `not ${describe(given)}.`,
    help: hints.get(tag),
  });
}

const hints: ReadonlyMap<string, string> = new Map([
  ["Promise", "await it first."],
  ["Response", "hand over await response.arrayBuffer()."],
  ["Blob", "hand over await blob.arrayBuffer()."],
  ["File", "hand over await file.arrayBuffer()."],
  ["String", "a path is not read here: hand over await readFile(path), or (await fetch(url)).arrayBuffer()."],
  ["Array", "hand over Uint8Array.from(list), if these are bytes."],
]);

/** Text decoders of browsers refuse shared memory, and it may change while it is read. */
function own(bytes: Uint8Array): Uint8Array {
  return tagOf(bytes.buffer) === "SharedArrayBuffer" ? bytes.slice() : bytes;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
