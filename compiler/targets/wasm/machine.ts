/** WebAssembly with SIMD as V8 runs it: the machine that plans are made for, and its figures. */
import type { Machine } from "../plan/machine.ts";

export const wasmMachine: Machine = {
  lanes: 4,
  panelColumns: 8,
  tileRows: 4,
  // Two vectors are loaded from up to 28 bytes before the end.
  slack: 32,
  costs: { horizontalSum: 6, gathered: 6 },
  thresholds: {
    fewestColumns: 4,
    fewestDepth: 4,
    fewestMultiplications: 512,
    fewestReads: 16,
    leastToShare: 3000,
    smallerBetween: 8,
    // Some tens of microseconds.
    leastForThreads: 1_000_000,
  },
};
