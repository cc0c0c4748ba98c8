/** Tensors of a safetensors file, read from it when they are wanted: the file itself is never in memory. */
import { brainToNumber, halfToNumber } from "@specloom/runtime/internal/half";
import { Problem } from "@specloom/runtime/internal/problem";
import {
  ARRAY_OF_DTYPE,
  dataStart,
  HEADER_LENGTH_BYTES,
  readHeader,
} from "@specloom/runtime/internal/safetensors-header";
import type { SafetensorsDType, SafetensorsEntry } from "@specloom/runtime/internal/safetensors-header";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import { openBytes, type ByteSource } from "./byte-source.ts";
import type { FileReader } from "./byte-source.ts";
import type { FileTensor } from "./file-tensor.ts";

/** Elements that are read at once: of the widest type 512 kB. */
const STRETCH = 2 ** 16;

/** What the first elements of a buffer are as numbers, and whether their type is that of whole numbers. */
interface Format {
  readonly numbers: "real" | "whole";
  readonly toNumbers: (data: ArrayBuffer, count: number) => ArrayLike<number>;
}

const FORMATS: Partial<Readonly<Record<SafetensorsDType, Format>>> = {
  F32: { numbers: "real", toNumbers: (data, count) => new Float32Array(data, 0, count) },
  F64: { numbers: "real", toNumbers: (data, count) => new Float64Array(data, 0, count) },
  F16: {
    numbers: "real",
    toNumbers: (data, count) => Float32Array.from(new Uint16Array(data, 0, count), halfToNumber),
  },
  BF16: {
    numbers: "real",
    toNumbers: (data, count) => Float32Array.from(new Uint16Array(data, 0, count), brainToNumber),
  },
  BOOL: { numbers: "whole", toNumbers: (data, count) => new Uint8Array(data, 0, count) },
  U8: { numbers: "whole", toNumbers: (data, count) => new Uint8Array(data, 0, count) },
  I8: { numbers: "whole", toNumbers: (data, count) => new Int8Array(data, 0, count) },
  U16: { numbers: "whole", toNumbers: (data, count) => new Uint16Array(data, 0, count) },
  I16: { numbers: "whole", toNumbers: (data, count) => new Int16Array(data, 0, count) },
  U32: { numbers: "whole", toNumbers: (data, count) => new Uint32Array(data, 0, count) },
  I32: { numbers: "whole", toNumbers: (data, count) => new Int32Array(data, 0, count) },
  // Beyond 2^53 the number changes here, but it stays beyond 2^24 and is refused for that.
  U64: { numbers: "whole", toNumbers: (data, count) => Float64Array.from(new BigUint64Array(data, 0, count), Number) },
  I64: { numbers: "whole", toNumbers: (data, count) => Float64Array.from(new BigInt64Array(data, 0, count), Number) },
};

/**
 * The tensors by name. Of the file only the header is read here.
 * @throws Problem `invalid-safetensors`
 */
export async function openBinary(path: string, files: FileReader, file: string): Promise<Map<string, FileTensor>> {
  const withSource = async <Result>(work: (source: ByteSource) => Promise<Result>): Promise<Result> => {
    const source = await openBytes(files, path);
    try {
      return await work(source);
    } catch (error) {
      throw error instanceof Problem ? error.at({ file }) : error;
    } finally {
      await source.close();
    }
  };
  return withSource(async (source) => {
    const length = new Uint8Array(Math.min(HEADER_LENGTH_BYTES, source.size));
    await source.read(0, length);
    const start = dataStart(length, source.size);
    const header = new Uint8Array(start - HEADER_LENGTH_BYTES);
    await source.read(HEADER_LENGTH_BYTES, header);
    const { entries } = readHeader(header, source.size - start);
    return new Map(entries.map((entry) => [entry.name, tensorOf(entry, start, withSource)]));
  });
}

function tensorOf(
  { name, dtype, shape, begin }: SafetensorsEntry,
  start: number,
  withSource: (work: (source: ByteSource) => Promise<void>) => Promise<void>,
): FileTensor {
  const format = FORMATS[dtype];
  return {
    shape,
    numbers: format?.numbers ?? "real",
    areWhole: () => format?.numbers === "whole",
    readInto: (target, see) =>
      withSource(async (source) => {
        if (format === undefined) throw unreadableDType(name, dtype);
        const { BYTES_PER_ELEMENT: width } = ARRAY_OF_DTYPE[dtype];
        const size = sizeOf(shape);
        const stretch = new ArrayBuffer(Math.min(STRETCH, size) * width);
        for (let first = 0; first < size; first += STRETCH) {
          const count = Math.min(STRETCH, size - first);
          await source.read(start + begin + first * width, new Uint8Array(stretch, 0, count * width));
          const numbers = format.toNumbers(stretch, count);
          target.set(numbers, first);
          see(numbers, first);
        }
      }),
  };
}

function unreadableDType(name: string, dtype: SafetensorsDType): Problem {
  return new Problem({
    code: "tensor-dtype",
    message: `tensor "${name}" is ${dtype}; ${Object.keys(FORMATS).join(", ")} are read.`,
    help: "convert it before saving, for example with tensor.float() or tensor.int().",
  });
}
