/** The backend, in a line. */
import type { BackendReport } from "../../runtime/contract.ts";

/** Before the work: `wasm (simd), chosen since: a training step is estimated at ...` */
export function backendText(report: BackendReport): string {
  const { reason, requested } = report;
  return lineOf(report, requested === "auto" ? `chosen since: ${reason}` : reason);
}

/** After it: `wasm (simd, 2 threads), chosen automatically`. Why it was chosen was said before, or is about training. */
export function ranText(report: BackendReport): string {
  const { reason, requested } = report;
  return lineOf(report, requested === "auto" ? "chosen automatically" : reason);
}

function lineOf({ backend, executorKind, adapter, software, fallbackReason }: BackendReport, why: string): string {
  const details = [
    executorKind,
    adapter === null ? null : `on ${adapter}`,
    software ? "a software adapter that computes on the CPU" : null,
  ].filter((detail) => detail !== null);
  const inside = details.length === 0 ? "" : ` (${details.join("; ")})`;
  const fallback = fallbackReason === null ? "" : `; fell back: ${fallbackReason}`;
  return `${backend}${inside}, ${why}${fallback}`;
}
