// From the jobs of all rounds to one row per peer.
import { BASELINE } from "./peers.mjs";
import { median } from "./quantiles.mjs";

/** Peaks before and after a job that differ by more, or lie further below the run's median, tell of a disturbance. */
const DISTURBANCE = 0.2;

/** Losses, and predictions, of two peers agree when they differ by no more, relative to their size. */
export const TOLERANCE = 1e-5;

const isDisturbed = ({ before, after }, reference) => {
  const lower = Math.min(before, after);
  return Math.max(before, after) > lower * (1 + DISTURBANCE) || lower < reference * (1 - DISTURBANCE);
};

/**
 * @param jobs of one workload and mode: `{ peer, round, before, after, result }`
 * @param reference the run's median peak in GFLOP/s: `norm` is the time a job would have taken at that peak
 */
export function rowsOf(jobs, { peers, flops, reference }) {
  const rows = peers
    .map((peer) =>
      rowOf(
        peer,
        jobs.filter((job) => job.peer === peer.name),
        flops,
        reference,
      ),
    )
    .filter((row) => row !== undefined);
  const measured = rows.filter(({ norm }) => norm !== undefined);
  const baseline = measured.find(({ peer }) => peer === BASELINE);
  const javascript = measured.filter((row) => row.javascript).sort((a, b) => a.norm - b.norm)[0];
  for (const row of measured) {
    row.againstPytorch = baseline && ratio(row, baseline);
    row.againstJavascript = javascript && ratio(row, javascript);
  }
  const expected = baseline ?? measured[0];
  for (const row of measured) row.deviation = deviation(row, expected);
  const order = (row) => row.norm ?? Infinity;
  return {
    rows: rows.sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b))),
    fastestJavascript: javascript?.peer,
    checkedAgainst: expected?.peer,
  };
}

function rowOf(peer, jobs, flops, reference) {
  if (jobs.length === 0) return undefined;
  const facts = { peer: peer.name, threads: peer.threads, javascript: peer.javascript === true };
  const good = jobs.filter(({ result }) => result.median !== undefined);
  if (good.length === 0) {
    const { missing, failed } = jobs[0].result;
    return { ...facts, missing, failed };
  }
  const quiet = good.filter((job) => !isDisturbed(job, reference));
  const used = quiet.length > 0 ? quiet : good;
  const of = (value) => median(used.map(value));
  const rounds = Object.fromEntries(used.map((job) => [job.round, norm(job, reference)]));
  const normalised = median(Object.values(rounds));
  const gflops = flops / normalised / 1e6;
  return {
    ...facts,
    ms: of(({ result }) => result.median),
    norm: normalised,
    p10: of(({ result }) => result.p10),
    p90: of(({ result }) => result.p90),
    gflops,
    share: gflops / (reference * peer.threads),
    rounds,
    disturbed: good.length - quiet.length,
    firstMs: of(({ result }) => result.firstMs),
    megabytes: of(({ result }) => result.megabytes),
    losses: good[0].result.losses,
    output: good[0].result.output,
    info: good[0].result.info,
  };
}

const norm = ({ before, after, result }, reference) => (result.median * (before + after)) / 2 / reference;

/** How many times as fast as `other`: the median of the ratios of the rounds that both have, else of the medians. */
function ratio(row, other) {
  const common = Object.keys(row.rounds).filter((round) => other.rounds[round] !== undefined);
  if (common.length === 0) return other.norm / row.norm;
  return median(common.map((round) => other.rounds[round] / row.rounds[round]));
}

/** The largest relative difference of what both have computed: losses of the same updates, or the prediction. */
function deviation(row, expected) {
  const [mine, theirs] = [row.losses ?? row.output ?? [], expected.losses ?? expected.output ?? []];
  if (row.output !== undefined && mine.length !== theirs.length) return Infinity;
  const count = Math.min(mine.length, theirs.length);
  // Predictions pass through zero: they are measured against the largest of them, a loss against itself.
  const size = (i) => (row.output === undefined ? Math.abs(theirs[i]) : Math.max(...theirs.map(Math.abs)));
  return Math.max(0, ...Array.from({ length: count }, (_, i) => Math.abs(mine[i] - theirs[i]) / size(i)));
}

/** What does not agree, as sentences; empty when all is well. */
export function disagreements(name, { rows, checkedAgainst }) {
  return rows
    .filter(({ deviation }) => deviation > TOLERANCE)
    .map(
      ({ peer, deviation, losses }) =>
        `${name}: ${losses === undefined ? "the prediction" : "a loss"} of ${peer} differs from that of ${checkedAgainst} by ${deviation.toExponential(1)} (allowed: ${TOLERANCE})`,
    );
}
