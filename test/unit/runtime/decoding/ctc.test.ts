import { describe, expect, it } from "vitest";
import { ctcGreedy, decodeCtc } from "../../../../runtime/decoding/ctc.ts";
import type { CtcHypothesis } from "../../../../runtime/decoding/ctc-hypothesis.ts";
import { ctcPrefixBeam } from "../../../../runtime/decoding/ctc-prefix-beam.ts";
import { joined } from "../../../support/ctc-by-paths.ts";
import { testNumbers } from "../../../support/numbers.ts";
import { expectProblem } from "../model/expect-problem.ts";

/** Every labelling with the probability of all its paths, by writing all V^T paths down. */
function everyLabelling(probabilities: readonly (readonly number[])[], blank: number): CtcHypothesis[] {
  const totals = new Map<string, number>();
  const visit = (path: readonly number[], probability: number): void => {
    const row = probabilities[path.length];
    if (row === undefined) {
      const key = JSON.stringify(joined(path, blank));
      totals.set(key, (totals.get(key) ?? 0) + probability);
      return;
    }
    row.forEach((chance, label) => {
      visit([...path, label], probability * chance);
    });
  };
  visit([], 1);
  return [...totals]
    .map(([key, total]) => ({ tokens: JSON.parse(key) as number[], score: Math.log(total) }))
    .sort((a, b) => b.score - a.score);
}

function softmaxRows(logits: ArrayLike<number>, classes: number, steps: number): number[][] {
  return Array.from({ length: steps }, (_, step) => {
    const row = Array.from({ length: classes }, (_unused, label) => Math.exp(logits[step * classes + label] ?? NaN));
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => value / total);
  });
}

const cases = [
  { steps: 1, classes: 2, blank: 0 },
  { steps: 3, classes: 3, blank: 0 },
  { steps: 5, classes: 3, blank: 2 },
  { steps: 4, classes: 4, blank: 1 },
  { steps: 7, classes: 2, blank: 1 },
];

describe.each(cases)("$steps steps of $classes classes, blank $blank", ({ steps, classes, blank }) => {
  const logits = Float32Array.from(testNumbers(steps * classes, 3 + steps), (value) => 3 * value);
  const shape: [number, number, number] = [1, steps, classes];

  it("a beam wide enough finds every labelling with the probability of all its paths", () => {
    const all = everyLabelling(softmaxRows(logits, classes, steps), blank);
    const options = { kind: "beam", blank, beamSize: 1000, nBest: 1000 } as const;
    const [found = []] = decodeCtc(logits, shape, undefined, options);
    expect(found.map(({ tokens }) => tokens)).toEqual(all.map(({ tokens }) => tokens));
    found.forEach(({ score }, index) => {
      expect(score).toBeCloseTo(all[index]?.score ?? NaN, 12);
    });
  });

  it("greedy decoding reads the best path", () => {
    const rows = softmaxRows(logits, classes, steps);
    const path = rows.map((row) => row.indexOf(Math.max(...row)));
    const [[found] = []] = decodeCtc(logits, shape, undefined, { kind: "greedy", blank });
    expect(found?.tokens).toEqual(joined(path, blank));
    expect(found?.score).toBeCloseTo(
      rows.reduce((sum, row) => sum + Math.log(Math.max(...row)), 0),
      12,
    );
  });

  it("a narrow beam never claims more than the truth", () => {
    const all = everyLabelling(softmaxRows(logits, classes, steps), blank);
    for (const beamSize of [1, 2, 3]) {
      const [found = []] = decodeCtc(logits, shape, undefined, { kind: "beam", blank, beamSize, nBest: beamSize });
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(beamSize);
      for (const { tokens, score } of found) {
        const truth = all.find((one) => one.tokens.join() === tokens.join());
        expect(score).toBeLessThanOrEqual((truth?.score ?? NaN) + 1e-12);
      }
    }
  });
});

describe("greedy and beam", () => {
  it("differ where many paths outweigh the best one", () => {
    // The blank is the likeliest class of both steps (0.6), yet most of the probability reads as one label.
    const rows = [0.6, 0.4, 0.6, 0.4].map(Math.log);
    expect(ctcGreedy(rows, 2, 2, 0).tokens).toEqual([]);
    const [best] = ctcPrefixBeam(rows, 2, 2, 0, 4);
    expect(best?.tokens).toEqual([1]);
    expect(best?.score).toBeCloseTo(Math.log(0.4 * 0.6 * 2 + 0.4 * 0.4), 12);
  });

  it("joins repeats, and keeps those with a blank between", () => {
    const path = [1, 1, 0, 1, 2, 2, 0, 0, 2];
    const rows = path.flatMap((best) => [0, 1, 2].map((label) => (label === best ? Math.log(0.98) : Math.log(0.01))));
    expect(ctcGreedy(rows, 3, path.length, 0).tokens).toEqual([1, 1, 2, 2]);
    expect(ctcPrefixBeam(rows, 3, path.length, 0, 8)[0]?.tokens).toEqual([1, 1, 2, 2]);
  });

  it("of equal scores the shorter, then the smaller comes first", () => {
    const rows = new Float64Array(3).fill(Math.log(1 / 3));
    expect(ctcPrefixBeam(rows, 3, 1, 0, 5).map(({ tokens }) => tokens)).toEqual([[], [1], [2]]);
    expect(ctcPrefixBeam(rows, 3, 1, 2, 2).map(({ tokens }) => tokens)).toEqual([[], [0]]);
    expect(ctcGreedy(rows, 3, 1, 2).tokens).toEqual([0]);
  });

  it("take probability 0 as minus infinity", () => {
    const never = Number.NEGATIVE_INFINITY;
    const rows = Float32Array.of(0, never, never, never, 0, never);
    for (const kind of ["greedy", "beam"] as const) {
      expect(decodeCtc(rows, [1, 2, 3], undefined, { kind })).toEqual([[{ tokens: [1], score: 0 }]]);
    }
  });

  it("read a thousand steps", () => {
    const path = Array.from({ length: 1200 }, (_, step) => (step % 3 === 0 ? 1 + (step % 2) : 0));
    const logits = Float32Array.from(path.flatMap((best) => [0, 1, 2].map((label) => (label === best ? 8 : 0))));
    for (const kind of ["greedy", "beam"] as const) {
      const [[best] = []] = decodeCtc(logits, [1, 1200, 3], undefined, { kind });
      expect(best?.tokens).toEqual(joined(path, 0));
    }
  });
});

describe("a result", () => {
  const [batch, steps, classes] = [4, 6, 4];
  const logits = Float32Array.from(testNumbers(batch * steps * classes, 9), (value) => 2 * value);
  const lengths = [6, 1, 0, 4];

  it.each(["greedy", "beam"] as const)("of %s depends on nothing else in the batch and on no padding", (kind) => {
    const together = decodeCtc(logits, [batch, steps, classes], lengths, { kind });
    const size = steps * classes;
    lengths.forEach((length, example) => {
      const alone = logits.slice(example * size, example * size + length * classes);
      expect(decodeCtc(alone, [1, length, classes], undefined, { kind })[0]).toEqual(together[example]);
    });
    const other = logits.map((value, cell) =>
      Math.floor((cell % size) / classes) < (lengths[Math.floor(cell / size)] ?? 0) ? value : NaN,
    );
    expect(decodeCtc(other, [batch, steps, classes], lengths, { kind })).toEqual(together);
    expect(together[2]).toEqual([{ tokens: [], score: 0 }]);
  });

  it("has as many hypotheses as asked for, the best first", () => {
    const found = decodeCtc(logits, [batch, steps, classes], undefined, { kind: "beam", beamSize: 6, nBest: 3 });
    for (const hypotheses of found) {
      expect(hypotheses).toHaveLength(3);
      const scores = hypotheses.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
  });
});

describe("what cannot be decoded", () => {
  const logits = new Float32Array(6);
  const refused: [string, () => unknown, "invalid-option" | "wrong-inputs", RegExp][] = [
    [
      "a blank that is no class",
      () => decodeCtc(logits, [1, 2, 3], undefined, { kind: "greedy", blank: 3 }),
      "invalid-option",
      /blank must be one of the classes 0 to 2/,
    ],
    [
      "a beam of nothing",
      () => decodeCtc(logits, [1, 2, 3], undefined, { kind: "beam", beamSize: 0 }),
      "invalid-option",
      /beamSize/,
    ],
    [
      "more than the beam holds",
      () => decodeCtc(logits, [1, 2, 3], undefined, { kind: "beam", beamSize: 2, nBest: 3 }),
      "invalid-option",
      /nBest must be 1 to beamSize, 2, not 3/,
    ],
    [
      "several greedy paths",
      () => decodeCtc(logits, [1, 2, 3], undefined, { kind: "greedy", nBest: 2 }),
      "invalid-option",
      /greedy decoding finds one path/,
    ],
    [
      "another size",
      () => decodeCtc(logits, [1, 3, 3], undefined, { kind: "greedy" }),
      "wrong-inputs",
      /6 numbers were given/,
    ],
    [
      "a length beyond the steps",
      () => decodeCtc(logits, [1, 2, 3], [3], { kind: "greedy" }),
      "wrong-inputs",
      /length of example 1 is 3; 0 to 2/,
    ],
    [
      "lengths of others",
      () => decodeCtc(logits, [1, 2, 3], [1, 1], { kind: "greedy" }),
      "wrong-inputs",
      /1 lengths were expected/,
    ],
    [
      "NaN",
      () => decodeCtc(Float32Array.of(0, 0, 0, NaN, 0, 0), [1, 2, 3], undefined, { kind: "beam" }),
      "wrong-inputs",
      /step 2 of example 1 has/,
    ],
  ];
  it.each(refused)("%s", async (_title, decode, code, message) => {
    await expectProblem(decode, code, message);
  });
});
