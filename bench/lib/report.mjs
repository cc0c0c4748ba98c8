// The figures as Markdown: the same text goes to the terminal and into the results folder.

/** Three digits that mean something: 0.0291, 2.24, 384, 14 200. */
export function digits(number) {
  if (typeof number !== "number" || !Number.isFinite(number)) return "-";
  if (number === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(number)));
  if (size >= 2) return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, " ");
  return number.toFixed(Math.min(8, 2 - size));
}

const percent = (share) => (share === undefined ? "-" : `${digits(share * 100)} %`);
const times = (ratio) => (ratio === undefined ? "-" : `${digits(ratio)}x`);

/** @param columns pairs of heading and cell function; the first is left-aligned */
export function table(columns, rows) {
  const cells = [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((line) => line[i].length)));
  const padded = cells.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))),
  );
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const [head, ...body] = padded;
  return [head, rule, ...body].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

const common = [
  ["peer", ({ peer }) => peer],
  ["thr", ({ threads }) => String(threads)],
  ["ms", ({ ms }) => digits(ms)],
  ["norm ms", ({ norm }) => digits(norm)],
  ["p10", ({ p10 }) => digits(p10)],
  ["p90", ({ p90 }) => digits(p90)],
  ["GFLOP/s", ({ gflops }) => digits(gflops)],
  ["of peak x thr", ({ share }) => percent(share)],
  ["vs PyTorch 1t", ({ againstPytorch }) => times(againstPytorch)],
];

const ending = [
  ["off by", ({ deviation }) => deviation.toExponential(0)],
  [
    "rounds",
    ({ rounds, disturbed }) => `${Object.keys(rounds).length}${disturbed > 0 ? ` (${disturbed} disturbed)` : ""}`,
  ],
  ["MB", ({ megabytes }) => digits(megabytes)],
  ["what ran", ({ info }) => info ?? "-"],
];

const training = (javascript) => [
  ...common,
  [`vs ${javascript ?? "JS peer"}`, ({ againstJavascript }) => times(againstJavascript)],
  ["loss first", ({ losses }) => losses[0].toPrecision(6)],
  ["loss@step", ({ losses }) => `${losses.at(-1).toPrecision(6)}@${losses.length - 1}`],
  ["first ms", ({ firstMs }) => digits(firstMs)],
  ...ending,
];

const prediction = (javascript) => [
  ...common,
  [`vs ${javascript ?? "JS peer"}`, ({ againstJavascript }) => times(againstJavascript)],
  ["last output", ({ output }) => output.at(-1).toPrecision(6)],
  ...ending,
];

/** One workload and mode: a table of what was measured, a line for each peer that was not. */
export function section({ name, mode, title, flops, rows, fastestJavascript, checkedAgainst }) {
  const measured = rows.filter(({ norm }) => norm !== undefined);
  const work = `${digits(flops / 1e6)} MFLOP in matrix products per ${mode === "train" ? "step" : "call"}`;
  const lines = [`## ${name} ${mode === "train" ? "training" : "prediction, batch 1"}`, "", `${title}. ${work}.`, ""];
  if (measured.length > 0) {
    const columns = mode === "train" ? training(fastestJavascript) : prediction(fastestJavascript);
    lines.push(table(columns, measured), "", `"off by" is against ${checkedAgainst}.`, "");
  }
  for (const [reason, names] of reasons(rows)) lines.push(`- ${names.join(", ")}: ${reason}`);
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Why peers have no figures; those with one reason stand together. */
function reasons(rows) {
  const byReason = new Map();
  for (const { peer, missing, failed, norm } of rows) {
    if (norm !== undefined) continue;
    const reason = failed === undefined ? `not here: ${missing}` : `FAILED: ${failed}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), peer]);
  }
  return byReason;
}

export function heading({ machine, peak, options, compiled, wallMinutes }) {
  const { wasm } = peak;
  const compileTimes = Object.entries(compiled).map(
    ([name, { compileMs, missing }]) => `${name} ${missing === undefined ? `${digits(compileMs)} ms` : "-"}`,
  );
  return [
    `# ${machine.cpu}, ${machine.date}`,
    "",
    `${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${machine.commit}. ` +
      `${options.rounds} rounds of ${options.seconds} s per job, ${digits(wallMinutes)} min; load average ${machine.load} at the start.`,
    "",
    `- Peak (${peak.what}, 1 thread): median of the run ${digits(peak.reference)} GFLOP/s, ` +
      `range ${digits(peak.lowest)} to ${digits(peak.highest)}; two at once ${digits(peak.two)}.`,
    `- Peak of WebAssembly, 1 thread: simd ${digits(wasm.simd)}, relaxed madd ${digits(wasm.relaxed)} GFLOP/s.`,
    `- \`specloom compile\`, whole process: ${compileTimes.join(", ")}.`,
    "",
  ].join("\n");
}
