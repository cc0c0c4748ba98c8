/** Programs by hand in which rows are found, or placed, by numbers. */
import type { Program } from "../../compiler/ir/program.ts";
import {
  bin,
  buffer,
  choose,
  i,
  kernel,
  load,
  loop,
  mul,
  num,
  pos,
  program,
  reduce,
  row,
  run,
  slot,
  steps,
  un,
  wholes,
} from "./hand-built-program.ts";

/** Rows found, and rows placed, by numbers that every turn of a loop makes: as many numbers as rows, and as cells. */
function rowsOfLoop(): Program {
  const [T, N] = [3, 5];
  const all = wholes("all", [T, N], 9);
  const table = buffer("table", [N], "input");
  const ids = buffer("ids", [N]);
  const found = steps("found", [T, N]);
  const placed = steps("placed", [T, N]);
  const limit = kernel({
    name: "limit",
    reads: { all: [T, N] },
    variables: ["t"],
    output: [N],
    indices: ["n"],
    body: bin("minimum", load(0, i("t"), i("n")), num(N - 1)),
  });
  const look = kernel({
    name: "look",
    reads: { table: [N], ids: [N] },
    output: [N],
    indices: ["n"],
    body: un("tanh", load(0, row(1, N, i("n")))),
  });
  const place = kernel({
    name: "place",
    reads: { ids: [N], found: [N] },
    output: [N],
    indices: ["n"],
    body: reduce("sum", "k", N, choose(["equal", load(0, i("k")), pos(i("n"))], load(1, i("k")), num(0))),
  });
  const now = slot(0, "t");
  const body = [
    run(limit, [all], ids),
    run(look, [table, ids], [found, now]),
    run(place, [ids, [found, now]], [placed, now]),
  ];
  return program([loop("t", 0, T, body)], { found, placed });
}

/** A table that is computed, found rows of it that are found again, and a condition that cuts the rows that are placed. */
function rowsOfRows(): Program {
  const [V, N, E] = [6, 4, 3];
  const x = buffer("x", [V, E], "input");
  const ids = wholes("ids", [N], V);
  const more = wholes("more", [N], N);
  const table = buffer("table", [V, E]);
  const placed = buffer("placed", [V, E]);
  const answer = buffer("answer", [N, E]);
  const cell = load(0, i("v"), i("e"));
  const double = kernel({
    name: "double",
    reads: { x: [V, E] },
    output: [V, E],
    indices: ["v", "e"],
    body: mul(cell, num(2)),
  });
  const twice = kernel({
    name: "twice",
    reads: { table: [V, E], ids: [N], more: [N] },
    output: [N, E],
    indices: ["n", "e"],
    body: load(0, row(1, V, row(2, N, i("n"))), i("e")),
  });
  const sum = reduce("sum", "k", N, choose(["equal", pos(i("v")), load(1, i("k"))], load(2, i("k"), i("e")), num(0)));
  const place = kernel({
    name: "place",
    reads: { x: [V, E], ids: [N], answer: [N, E] },
    output: [V, E],
    indices: ["v", "e"],
    body: choose(["less", pos(i("v")), num(2)], cell, sum),
  });
  return program(
    [run(double, [x], table), run(twice, [table, ids, more], answer), run(place, [x, ids, answer], placed)],
    {
      answer,
      placed,
    },
  );
}

export const awkwardRows: Readonly<Record<string, Program>> = {
  "rows by numbers of the loop": rowsOfLoop(),
  "rows of rows": rowsOfRows(),
};
