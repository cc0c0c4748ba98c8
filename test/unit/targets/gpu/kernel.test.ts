import { describe, expect, it } from "vitest";
import type { Kernel } from "../../../../compiler/ir/program.ts";
import { documentationOf, printKernel } from "../../../../compiler/targets/gpu/kernel.ts";
import {
  add,
  at,
  bin,
  choose,
  clamp,
  div,
  i,
  kernel,
  load,
  mod,
  mul,
  num,
  plus,
  pos,
  reduce,
  times,
  un,
} from "../../../support/hand-built-program.ts";

const statements = (work: Kernel): readonly string[] => printKernel(work).statements;

describe("printKernel", () => {
  it("prints a reduction as a loop with a literal bound and reads as the formula says", () => {
    const gates = kernel({
      name: "gates",
      reads: { projection: [4, 2, 8], hidden: [2, 1500], weight: [8, 1500] },
      variables: ["t"],
      output: [2, 8],
      indices: ["b", "g"],
      body: add(
        load(0, i("t"), i("b"), i("g")),
        reduce("sum", "k", 1500, mul(load(1, i("b"), i("k")), load(2, i("g"), i("k")))),
      ),
    });
    const printed = printKernel(gates);
    expect(printed.statements).toEqual([
      "const b = this.thread.y, g = this.thread.x;",
      "let sum = 0;",
      "for (let k: Index = 0; k < 1500; k++) { sum += hidden[b][k] * weight[g][k]; }",
      "return projection[t][b][g] + sum;",
    ]);
    expect(printed.parameters.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      "projection: Tensor3",
      "hidden: Tensor2",
      "weight: Tensor2",
      "t: Index",
    ]);
    expect(documentationOf(gates, [gates.origin])).toEqual([
      "forward: gates. Gives [B, G] of [2, 8].",
      "`gates[b, g] = projection[t, b, g] + (sum_k hidden[b, k] * weight[g, k])`",
    ]);
  });

  it("names shared values once, in the innermost block that knows their indices", () => {
    const row = { ...reduce("sum", "k", 3, load(0, i("b"), i("k"))), label: "rowTotal" };
    const energy = un("exp", load(0, i("b"), i("j")));
    const body = reduce("sum", "j", 3, bin("divide", mul(energy, energy), mul(row, row)));
    expect(statements(kernel({ name: "shares", reads: { x: [2, 3] }, output: [2], indices: ["b"], body }))).toEqual([
      "const b = this.thread.x;",
      // What no step of the loop changes stands before it.
      "let rowTotal = 0;",
      "for (let k: Index = 0; k < 3; k++) { rowTotal += x[b][k]; }",
      "const product = rowTotal * rowTotal;",
      "let sum = 0;",
      "for (let j: Index = 0; j < 3; j++) {",
      "  const exponential = Math.exp(x[b][j]);",
      "  sum += exponential * exponential / product;",
      "}",
      "return sum;",
    ]);
  });

  it("takes axes beyond three apart and merges those of what it reads", () => {
    const body = load(0, i("b"), i("h"), i("s"), i("q"));
    expect(
      statements(
        kernel({
          name: "turned",
          reads: { scores: [2, 3, 5, 4] },
          output: [2, 3, 4, 5],
          indices: ["b", "h", "q", "s"],
          body,
        }),
      ),
    ).toEqual(["const bh = this.thread.z, q = this.thread.y, s = this.thread.x;", "return scores[bh][s][q];"]);
    const turned = load(0, i("h"), i("b"), i("s"), i("q"));
    expect(
      statements(
        kernel({
          name: "swapped",
          reads: { scores: [3, 2, 5, 4] },
          output: [2, 3, 4, 5],
          indices: ["b", "h", "q", "s"],
          body: turned,
        }),
      ),
    ).toContain("const hb: Index = h * 2 + b;");
  });

  it("divides positions half a step away from whole numbers, twice where float32 could be one off", () => {
    const small = kernel({
      name: "small",
      reads: { x: [4, 6] },
      output: [24],
      indices: ["n"],
      body: load(0, div(i("n"), 6), mod(i("n"), 6)),
    });
    expect(statements(small)).toEqual([
      "const n = this.thread.x;",
      "const nOver6: Index = Math.floor((n + 0.5) / 6);",
      "const nMod6: Index = n - nOver6 * 6;",
      "return x[nOver6][nMod6];",
    ]);
    const large = kernel({
      name: "large",
      reads: { x: [400_000, 6] },
      output: [2_400_000],
      indices: ["n"],
      body: load(0, div(i("n"), 6), at(0)),
    });
    expect(statements(large)).toEqual([
      "const n = this.thread.x;",
      "const nOver6Guess: Index = Math.floor((n + 0.5) / 6);",
      "const nOver6Rest: Index = n - nOver6Guess * 6;",
      "const nOver6: Index = nOver6Guess + Math.floor((nOver6Rest + 0.5) / 6);",
      "return x[nOver6][0];",
    ]);
  });

  it("limits positions only on the sides where they can leave the axis", () => {
    const body = choose(["greater_equal", pos(i("t")), num(2)], load(0, clamp(plus(i("t"), at(-2)), 0, 7)), num(0));
    expect(statements(kernel({ name: "shifted", reads: { x: [8] }, output: [8], indices: ["t"], body }))).toEqual([
      "const t = this.thread.x;",
      "const tMinus2Clamped: Index = Math.max(0, t - 2);",
      "return t >= 2 ? x[tMinus2Clamped] : 0;",
    ]);
  });

  it("gives constants and compounds that stand between brackets a name of type Index", () => {
    const body = add(load(0, at(3), at(0)), load(0, at(1), times(i("j"), 2)));
    expect(statements(kernel({ name: "picked", reads: { x: [4, 6] }, output: [3], indices: ["j"], body }))).toEqual([
      "const j = this.thread.x;",
      "const last: Index = 4 - 1;",
      "const at1: Index = 4 - 3;",
      "const jTimes2: Index = j * 2;",
      "return x[last][0] + x[at1][jTimes2];",
    ]);
  });

  it("starts a maximum at the lowest float32 and reads a tensor of rank 0 as one cell", () => {
    const body = bin("subtract", reduce("max", "k", 4, load(0, i("k"))), load(1));
    expect(
      statements(kernel({ name: "largest", reads: { x: [4], offset: [] }, output: [], indices: [], body })),
    ).toEqual([
      "let largest = -3.4028234663852886e38;",
      "for (let k: Index = 0; k < 4; k++) { largest = Math.max(largest, x[k]); }",
      "return largest - offset[0];",
    ]);
  });

  it("refuses kernels that read more tensors than a GPU stage may", () => {
    const reads = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`x${index}`, [2]]));
    expect(() => printKernel(kernel({ name: "wide", reads, output: [2], indices: ["n"], body: num(1) }))).toThrow(
      "8 tensors",
    );
  });
});

describe("what WebGL2 would not compile", () => {
  it("gives a tensor another name where shaders have that name for the size of another", () => {
    const body = mul(load(0, i("n")), load(1));
    const reads = { gradient: [2], gradientSize: [] };
    const printed = printKernel(kernel({ name: "scaled", reads, output: [2], indices: ["n"], body }));
    expect(printed.parameters.map(({ name }) => name)).toEqual(["gradient", "gradientSizeValue"]);
    expect(printed.statements.at(-1)).toBe("return gradient[n] * gradientSizeValue[0];");
  });

  it("makes integers of loops floats before it chooses between them and floats", () => {
    const distance = bin("subtract", num(5), pos(i("k")));
    const chosen = choose(["equal", load(0, i("k")), num(2)], distance, pos(i("k")));
    const body = reduce("sum", "k", 3, chosen);
    expect(statements(kernel({ name: "places", reads: { x: [3] }, output: [], indices: [], body }))).toEqual(
      expect.arrayContaining([expect.stringContaining("x[k] === 2 ? value : value2")]),
    );
  });
});

describe("scalar functions", () => {
  const text = (body: Parameters<typeof kernel>[0]["body"]): string =>
    statements(kernel({ name: "f", reads: { x: [2], y: [2] }, output: [2], indices: ["n"], body }))
      .filter((line) => line !== "const n = this.thread.x;")
      .join(" ");
  const x = load(0, i("n"));
  const y = load(1, i("n"));

  it.each([
    ["tanh", un("tanh", x), "return Math.tanh(Math.max(-10, Math.min(10, x[n])));"],
    ["sigmoid", un("sigmoid", x), "return 1 / (1 + Math.exp(Math.min(88, -x[n])));"],
    ["square", bin("power", x, num(2)), "const base = x[n]; return base * base;"],
    ["root", bin("power", x, num(0.5)), "return Math.sqrt(x[n]);"],
    ["inverse root", bin("power", x, num(-0.5)), "return 1 / Math.sqrt(x[n]);"],
    ["odd power", bin("power", x, num(5)), "const base = x[n]; return Math.sign(base) * Math.pow(Math.abs(base), 5);"],
    ["difference of differences", bin("subtract", x, bin("subtract", y, num(1))), "return x[n] - (y[n] - 1);"],
    ["negation of a negation", un("negate", un("negate", x)), "return -(-x[n]);"],
    ["negative summand", add(x, num(-3)), "return x[n] - 3;"],
    ["infinity", num(Number.NEGATIVE_INFINITY), "return -3.4028234663852886e38;"],
  ])("prints %s", (_name, body, expected) => {
    expect(text(body)).toBe(expected);
  });

  it("compares a position with a number in a form the type checker takes", () => {
    expect(text(choose(["equal", pos(i("n")), num(3)], x, y))).toBe("return n - 3 === 0 ? x[n] : y[n];");
  });
});
