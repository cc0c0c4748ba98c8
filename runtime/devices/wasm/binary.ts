/** A module's WebAssembly binary: out of its text, and what it says of the memory that it imports. */
import { Problem } from "../../problem.ts";
import { misfit } from "../residents.ts";

export const PAGE = 65536;

/**
 * @param text zlib's format (RFC 1950) in base64
 * @throws Problem `program-mismatch` when it is damaged, `backend-unavailable` where nothing unpacks it
 */
export async function unpackedBinary(text: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof DecompressionStream === "undefined") throw withoutDecompression();
  try {
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  } catch {
    throw damaged();
  }
}

function withoutDecompression(): Problem {
  return new Problem({
    code: "backend-unavailable",
    message: "The backend wasm cannot run here: this engine has no DecompressionStream to unpack the module's binary.",
    help: "use a newer browser or Node, or choose another backend.",
  });
}

/** The limits of the imported memory `env.memory`, in pages of 64 KiB. */
export interface MemoryImport {
  readonly shared: boolean;
  readonly minimum: number;
  readonly maximum: number | undefined;
  /** Where in the binary the byte with the flags is. */
  readonly flagsAt: number;
}

const IMPORT_SECTION = 2;
const HEADER_BYTES = 8;
const HAS_MAXIMUM = 1;
const IS_SHARED = 2;
/** Kinds of imports, in the binary format's numbers. */
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
/** Reference types that are followed by a heap type. */
const TYPED_REFERENCES: readonly number[] = [0x63, 0x64];

/**
 * Source: WebAssembly Core Specification, 5.5.5 (import section) and 5.3.7 (limits); the flag `shared` is from the
 * threads proposal.
 *
 * @throws Problem `program-mismatch` when the binary is damaged or imports no such memory
 */
export function memoryImport(bytes: Uint8Array): MemoryImport {
  const reader = new Reader(bytes);
  reader.position = HEADER_BYTES;
  while (!reader.atEnd) {
    const section = reader.byte();
    const size = reader.number();
    if (section === IMPORT_SECTION) {
      const found = memoryAmong(reader);
      if (found !== undefined) return found;
      break;
    }
    reader.position += size;
  }
  throw misfit("The module's WebAssembly binary does not import env.memory.");
}

function memoryAmong(reader: Reader): MemoryImport | undefined {
  let left = reader.number();
  for (; left > 0; left -= 1) {
    const from = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    switch (kind) {
      case KIND.function:
        reader.number();
        break;
      case KIND.table:
        if (TYPED_REFERENCES.includes(reader.byte())) reader.number();
        reader.limits();
        break;
      case KIND.memory: {
        const limits = reader.limits();
        if (from === "env" && name === "memory") return limits;
        break;
      }
      case KIND.global:
        if (TYPED_REFERENCES.includes(reader.byte())) reader.number();
        reader.byte();
        break;
      case KIND.tag:
        reader.byte();
        reader.number();
        break;
      default:
        throw damaged();
    }
  }
  return undefined;
}

/** The same binary, whose memory need not be shared: for engines and pages that cannot share any. */
export function withoutSharing(bytes: Uint8Array<ArrayBuffer>, { flagsAt }: MemoryImport): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  changed[flagsAt] = (changed[flagsAt] ?? 0) & ~IS_SHARED;
  return changed;
}

class Reader {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw damaged();
    this.position += 1;
    return value;
  }

  /** LEB128; the numbers of a section that matter here are all below 2^32. */
  number(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
      if (place > 2 ** 56) throw damaged();
    }
  }

  name(): string {
    const length = this.number();
    let text = "";
    for (let index = 0; index < length; index += 1) text += String.fromCharCode(this.byte());
    return text;
  }

  limits(): MemoryImport {
    const flagsAt = this.position;
    const flags = this.byte();
    if (flags > (HAS_MAXIMUM | IS_SHARED)) throw damaged();
    const minimum = this.number();
    const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : this.number();
    return { shared: (flags & IS_SHARED) !== 0, minimum, maximum, flagsAt };
  }
}

function damaged(): Error {
  return misfit("The module's WebAssembly binary is damaged.");
}
