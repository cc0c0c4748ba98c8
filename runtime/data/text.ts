/** Bytes of a data file as text. */
import { Problem } from "../problem.ts";

/** Longest text the JavaScript engines hold in one string, with room to spare. */
const MOST_BYTES = 500_000_000;

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
    throw notText(file);
  }
  if (text.includes("\0")) throw notText(file);
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

function notText(file: string): Problem {
  return new Problem({
    code: "not-text",
    message: "the file is not UTF-8 text.",
    help: "save it as UTF-8 without compression.",
    file,
  });
}

function startsWith(bytes: Uint8Array, letters: string): boolean {
  return Array.from(letters).every((letter, index) => bytes[index] === letter.charCodeAt(0));
}
