/** The backend that ran, in a line. */
import type { BackendReport } from "../../runtime/contract.ts";

/** `webasm (fused-threaded), no GPU (...)` */
export function backendText(report: BackendReport): string {
  const { backend, executorKind, adapter, software, reason, requested, fallbackReason } = report;
  const details = [
    executorKind,
    adapter === null ? null : `on ${adapter}`,
    software ? "a software adapter that computes on the CPU" : null,
  ].filter((detail) => detail !== null);
  const inside = details.length === 0 ? "" : ` (${details.join("; ")})`;
  const why = requested === "auto" ? `chosen since: ${reason}` : reason;
  const fallback = fallbackReason === null ? "" : `; fell back: ${fallbackReason}`;
  return `${backend}${inside}, ${why}${fallback}`;
}
