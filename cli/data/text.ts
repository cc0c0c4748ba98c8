/** Bytes of a data file as text. */
import { Problem } from "@specloom/runtime/internal/problem";

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

/** Says what the bytes seem to be, and where they stop being text. */
function notText(file: string, bytes: Uint8Array): Problem {
  const mark = [...bytes.subarray(0, 2)].join(" ");
  if (mark === "255 254" || mark === "254 255" || everyOtherIsZero(bytes)) {
    const message = "the file is UTF-16 text, but UTF-8 was expected.";
    return new Problem({ code: "not-text", message, help: "save it as UTF-8.", file });
  }
  const valid = validLength(bytes);
  const zero = bytes.subarray(0, valid).indexOf(0);
  const at = zero < 0 ? valid : zero;
  const found = (bytes[at] ?? 0).toString(16).padStart(2, "0");
  return new Problem({
    code: "not-text",
    message:
      zero < 0
        ? `the file is not UTF-8 text: byte ${String(at + 1)} is ${found} in hexadecimal, which begins no character here.`
        : "the file holds a zero byte here, which text has none of.",
    help:
      zero < 0
        ? "save it as UTF-8 without compression; a table of Windows or Latin-1 is converted with iconv -f latin1 -t utf-8."
        : "remove it, or save the file as UTF-8 without compression.",
    file,
    ...placeOf(bytes.subarray(0, at)),
  });
}

/** As text of Latin letters is in UTF-16. */
function everyOtherIsZero(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 64);
  const zeros = [0, 1].map((first) => start.filter((byte, index) => index % 2 === first && byte === 0).length);
  return start.length >= 4 && Math.max(...zeros) >= start.length / 2 - 1 && Math.min(...zeros) === 0;
}

/** How many bytes from the start are UTF-8. */
function validLength(bytes: Uint8Array): number {
  const isValid = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  let [valid, end] = [0, bytes.length];
  while (valid < end) {
    const middle = Math.ceil((valid + end) / 2);
    // What is cut in the middle of a character is not wrong yet.
    if (isValid(middle, true)) valid = middle;
    else end = middle - 1;
  }
  while (valid > 0 && !isValid(valid, false)) valid -= 1;
  return valid;
}

/** Line and column, from 1, of what follows some text. */
function placeOf(before: Uint8Array): { readonly line: number; readonly column: number } {
  const start = before.lastIndexOf(10) + 1;
  let line = 1;
  for (const byte of before) if (byte === 10) line += 1;
  return { line, column: new TextDecoder().decode(before.subarray(start)).length + 1 };
}

function startsWith(bytes: Uint8Array, letters: string): boolean {
  return Array.from(letters).every((letter, index) => bytes[index] === letter.charCodeAt(0));
}
