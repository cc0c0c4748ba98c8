// What runs inside a peer's own process: steps until the time is up, and one line of JSON on standard output.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { quantilesOf } from "./quantiles.mjs";

/** A peer that cannot run this job here throws this; the run says why and goes on. */
export class NotAvailable extends Error {}

/** So many measured calls say enough. */
const MOST_CALLS = 20_000;

/**
 * Calls `call` until `seconds` have passed after a warm-up of a third of that; the first call, in which peers trace and
 * compile, stands outside of both. A slow call gets fewer rounds: at least one that is measured.
 *
 * @param onResult what is done with the result of each call: index of the call, its result
 */
export async function repeat(call, { seconds, atLeast }, onResult) {
  const times = [];
  const first = performance.now();
  onResult(0, await call());
  const begin = performance.now();
  for (let index = 1; ; index++) {
    const start = performance.now();
    const result = await call();
    const end = performance.now();
    onResult(index, result);
    if (start - begin >= (seconds * 1000) / 3 || end - start > (seconds * 1000) / 3) times.push(end - start);
    const timeIsUp = end - begin >= (seconds * 4000) / 3;
    const enough = index + 1 >= atLeast || end - begin >= seconds * 10_000;
    if (times.length > 0 && enough && (timeIsUp || times.length >= MOST_CALLS)) break;
  }
  return { firstMs: begin - first, calls: times.length, ...quantilesOf(times) };
}

/** @param step one update with the whole batch; gives the loss before it */
export async function measureTraining(step, { seconds, checkedSteps }) {
  const losses = [];
  const figures = await repeat(step, { seconds, atLeast: checkedSteps + 1 }, (index, loss) => {
    if (!Number.isFinite(loss)) throw new Error(`the loss of step ${index} is ${loss}`);
    if (index <= checkedSteps) losses.push(loss);
  });
  return { losses, ...figures };
}

/** @param predict gives the output of one example as a Float32Array */
export async function measurePrediction(predict, { seconds }) {
  let output;
  const figures = await repeat(predict, { seconds, atLeast: 3 }, (_, result) => {
    output = result;
  });
  return { output: [...output], ...figures };
}

/**
 * The main function of a peer: reads the job from the command line, answers with one line.
 *
 * @param run from the job to figures and `info`
 */
export async function answer(run) {
  const job = JSON.parse(process.argv[2]);
  try {
    const figures = await run(job);
    process.stdout.write(`\n${JSON.stringify({ ...figures, megabytes: peakMegabytes() })}\n`, () => process.exit(0));
  } catch (error) {
    const kind = error instanceof NotAvailable ? "missing" : "failed";
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(`\n${JSON.stringify({ [kind]: message })}\n`, () => process.exit(0));
  }
}

/** Peak of the resident memory. Linux's `maxRSS` starts at what the parent had, `VmHWM` does not. */
function peakMegabytes() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
