/** Bytes of a file that are read where they are asked for, so that no large file is in memory whole. */
import type { FileReader } from "./dataset.ts";

export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * Fills all of `target` with what stands at `position`.
   * @throws Problem where the file ends before that
   */
  read(position: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @throws Problem `data-file-missing` and the like */
export async function openBytes(files: FileReader, path: string): Promise<ByteSource> {
  return files.open === undefined ? sourceOf(await files.read(path)) : files.open(path);
}

/** Bytes that are in memory already. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    read: (position, target) => {
      target.set(bytes.subarray(position, position + target.byteLength));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
