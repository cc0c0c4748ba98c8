/** Bytes of a file that are read where they are asked for, so that no large file is in memory whole. */

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

/** Brings the bytes of a data file. Paths are those of the spec; the reader decides what they are relative to. */
export interface FileReader {
  /** @throws Problem `data-file-missing` and the like */
  read(path: string): Promise<Uint8Array>;
  /**
   * The file for reading parts of it; where this is left out, `openBytes` takes all of it into memory.
   * @throws Problem as `read`
   */
  open?(path: string): Promise<ByteSource>;
  /** The path as messages show it; the path itself where this is left out. */
  display?(path: string): string;
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
