/** The backend, in a line. */
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import { roundsOnce } from "@specloom/runtime/internal/devices/wasm/machine";

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

/** What decides the last bits of its numbers, and nothing else: `wasm (simd)`. Threads change none. */
export function numbersText({ backend, executorKind, adapter }: BackendReport): string {
  const isRelaxed = backend === "wasm" && executorKind?.startsWith("relaxed-simd") === true;
  const rounding = `relaxed-simd that rounds ${roundsOnce() ? "once" : "twice"}`;
  const details = [backend !== "wasm" ? null : isRelaxed ? rounding : "simd", adapter].filter((part) => part !== null);
  return details.length === 0 ? backend : `${backend} (${details.join("; ")})`;
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
