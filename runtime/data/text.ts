/** Bytes of a data file as text. */
import { Problem } from "../problem.ts";

/** Longest text the JavaScript engines hold in one string, with room to spare. */
const MOST_BYTES = 500_000_000;

/** How much of a table is checked at once. */
const CHUNK_BYTES = 1 << 16;

/**
 * The UTF-8 of a table without its byte order mark. No string is made of it, so that a large file costs its bytes alone.
 * @throws Problem `data-file-empty`, `not-text`, `data-file-format`
 */
export function checkedText(bytes: Uint8Array, file: string): Uint8Array {
  if (startsWith(bytes, "PAR1")) throw parquetProblem(file);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let blank = true;
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const stream = start + CHUNK_BYTES < bytes.length;
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(start, start + CHUNK_BYTES), { stream });
    } catch {
      throw notText(file, bytes);
    }
    if (text.includes("\0")) throw notText(file, bytes);
    blank &&= text.trim() === "";
  }
  if (blank) {
    const message = bytes.length === 0 ? "the file is empty." : "the file is empty: it holds blank lines alone.";
    throw new Problem({ code: "data-file-empty", message, file });
  }
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** The text without its byte order mark. @throws Problem `data-file-empty`, `not-text`, `data-file-format` */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (startsWith(bytes, "PAR1")) throw parquetProblem(file);
  if (bytes.byteLength > MOST_BYTES) {
    throw new Problem({
      code: "data-file-unreadable",
      message: `the file has ${String(bytes.byteLength)} bytes; text files are read up to ${String(MOST_BYTES)}.`,
      help: "split it, or keep fewer columns.",
      file,
    });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notText(file, bytes);
  }
  if (text.includes("\0")) throw notText(file, bytes);
  if (text.trim() === "") {
    throw new Problem({ code: "data-file-empty", message: "the file is empty.", file });
  }
  return text;
}

export function parquetProblem(file: string): Problem {
  return new Problem({
    code: "data-file-format",
    message: "this is a Parquet file, which is not supported yet.",
    help: "save it as CSV or JSONL, for example with pandas: frame.to_csv(path, index=False).",
    file,
  });
}

function notText(file: string, bytes: Uint8Array): Problem {
  const mark = [...bytes.subarray(0, 2)].join(" ");
  const utf16 = mark === "255 254" || mark === "254 255";
  return new Problem({
    code: "not-text",
    message: utf16 ? "the file is UTF-16 text, but UTF-8 was expected." : "the file is not UTF-8 text.",
    help: utf16 ? "save it as UTF-8." : "save it as UTF-8 without compression.",
    file,
  });
}

function startsWith(bytes: Uint8Array, letters: string): boolean {
  return Array.from(letters).every((letter, index) => bytes[index] === letter.charCodeAt(0));
}
