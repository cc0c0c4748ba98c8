/** Comparisons. */
import type { ComparisonRecord } from "./record.ts";

export const less: ComparisonRecord = { holds: (a, b) => a < b, kernel: "<", lanes: "f32x4.lt" };
export const lessEqual: ComparisonRecord = { holds: (a, b) => a <= b, kernel: "<=", lanes: "f32x4.le" };
export const equal: ComparisonRecord = { holds: (a, b) => a === b, kernel: "===", lanes: "f32x4.eq" };
export const notEqual: ComparisonRecord = { holds: (a, b) => a !== b, kernel: "!==", lanes: "f32x4.ne" };
export const greater: ComparisonRecord = { holds: (a, b) => a > b, kernel: ">", lanes: "f32x4.gt" };
export const greaterEqual: ComparisonRecord = { holds: (a, b) => a >= b, kernel: ">=", lanes: "f32x4.ge" };
