/** Between stages 1 and 2: the spec as text, in which every value has its place. */
import type { Document as YamlDocument } from "yaml";

/** A place in a text: offsets are UTF-16 code units from the start of the file, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A spec as text with a position for every node. `extends` and `--set` are already merged into `value`. */
export interface Document {
  /** Path as the user wrote it; what diagnostics print. */
  readonly file: string;
  /** File name without directory and extension. */
  readonly stem: string;
  readonly text: string;
  readonly yaml: YamlDocument;
  /** Plain data: objects with null prototype are never used, `__proto__` and friends were rejected. */
  readonly value: unknown;
  /** The place of a value (`/layers/0/kind`) or of its key. Falls back to the nearest ancestor that exists. */
  readonly locate: (pointer: string, part?: "value" | "key") => Place;
}

/** A place in one file. With `extends` two places of one spec can lie in different files. */
export interface Place {
  readonly file: string;
  readonly text: string;
  readonly span: Span;
}
