/** Kinds that a cell of the spec cannot be called: those of the table, and those that end groups. */
import { allLayers } from "../../layers/index.ts";

export const takenKinds: readonly string[] = allLayers.map(({ kind }) => kind);
