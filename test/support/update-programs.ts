/** Programs that renew parameters and state, as a training step does. */
import type { Buffer, Expression, IndexExpression, Program } from "../../compiler/ir/program.ts";
import {
  add,
  at,
  bin,
  buffer,
  i,
  kernel,
  load,
  mod,
  mul,
  num,
  plus,
  program,
  reduce,
  run,
  times,
  un,
} from "./hand-built-program.ts";
import type { Draw } from "./seeded.ts";

const size = 12;
const own = i("n");
const update = { phase: "update", layer: "sgd", note: "by hand" } as const;

function map(name: string, reads: readonly Buffer[], body: Expression, cells = size): ReturnType<typeof kernel> {
  const shapes = Object.fromEntries(reads.map((one) => [one.name, one.shape]));
  return { ...kernel({ name, reads: shapes, output: [cells], indices: ["n"], body }), origin: update };
}

/** Somewhere in a tensor of so many cells: the cell that is computed, or another one. */
function place(draw: Draw, cells: number, from: number): IndexExpression {
  if (cells > from) return mod(own, from);
  return draw.chance(0.5) ? own : plus(times(own, -1), at(from - 1));
}

/** Several parameters, each renewed from itself and perhaps from others, here or elsewhere, before or after them. */
export function randomUpdate(draw: Draw, prefix = ""): Program {
  const count = 2 + draw.below(4);
  // Of two sizes: what is as large as its neighbour becomes one nest with it.
  const residents = Array.from({ length: count }, (_, position) => ({
    ...buffer(`w${position}`, [draw.one([size, 7])], draw.chance(0.5) ? "parameter" : "state"),
    external: `${prefix}w${position}`,
  }));
  const x = { ...buffer("x", [size], "input"), external: `${prefix}x` };
  const news = residents.map(({ name, shape }): Buffer => ({ ...buffer(`${name}Next`, shape), origin: update }));
  const middle = buffer("middle", [size]);
  const turned = plus(times(own, -1), at(size - 1));
  const steps = [run(map("middle", [x], un("tanh", load(0, turned))), [x], middle)];
  const done: Buffer[] = [];
  for (const position of draw.shuffled(residents.map((_, each) => each))) {
    const itself = residents[position] as Buffer;
    const cells = itself.shape[0] as number;
    const reads: Buffer[] = [];
    const read = (from: Buffer, index = place(draw, cells, from.shape[0] as number)): Expression => {
      if (!reads.includes(from)) reads.push(from);
      return load(reads.indexOf(from), index);
    };
    const terms = [draw.chance(0.7) ? read(itself, own) : read(itself), read(middle)];
    if (draw.chance(0.3)) terms.push(read(draw.one(residents)));
    if (draw.chance(0.3) && done.length > 0) terms.push(read(draw.one(done)));
    const next = news[position] as Buffer;
    const value = terms.reduce((sum, term) => add(mul(sum, num(0.5)), term));
    steps.push(run(map(`renew${position}`, reads, value, cells), reads, next));
    done.push(next);
  }
  const loss = buffer("loss", []);
  const first = draw.one([...residents, ...news]);
  const body = reduce("sum", "k", first.shape[0] as number, load(0, i("k")));
  steps.push(run(kernel({ name: "loss", reads: { x: first.shape }, output: [], indices: [], body }), [first], loss));
  return program(steps, {
    [`${prefix}loss`]: loss,
    ...Object.fromEntries(residents.map(({ external }, position) => [external, news[position] as Buffer])),
  });
}

/** One step of gradient descent with momentum whose numbers can be spoilt one by one through `scale` and `noise`. */
export function descent(prefix = ""): Program {
  const argument = (name: string, shape: readonly number[], role: "input" | "parameter" | "state"): Buffer => ({
    ...buffer(name, shape, role),
    external: `${prefix}${name}`,
  });
  const w = argument("w", [size], "parameter");
  const m = argument("m", [size], "state");
  const x = argument("x", [size], "input");
  const spoil = argument("spoil", [4], "input");
  const next = { ...buffer("nextW", [size]), origin: update };
  const momentum = { ...buffer("nextM", [size]), origin: update };
  const loss = buffer("loss", []);
  const count = buffer("lossCount", []);
  const gradient = load(1, own);
  const plain = (name: string, which: number): ReturnType<typeof kernel> =>
    kernel({
      name,
      reads: { w: [size], x: [size], spoil: [4] },
      output: [],
      indices: [],
      body: add(reduce("sum", "k", size, mul(load(0, i("k")), load(1, i("k")))), un("log", load(2, at(which)))),
    });
  return program(
    [
      run(plain("loss", 0), [w, x, spoil], loss),
      run(plain("count", 1), [w, x, spoil], count),
      run(
        map("momentum", [m, x, spoil], add(mul(load(0, own), num(0.5)), mul(gradient, un("log", load(2, at(2)))))),
        [m, x, spoil],
        momentum,
      ),
      run(
        map("weights", [w, x, spoil], bin("subtract", load(0, own), mul(gradient, un("log", load(2, at(3)))))),
        [w, x, spoil],
        next,
      ),
    ],
    { [`${prefix}loss`]: loss, "loss.count": count, [`${prefix}w`]: next, [`${prefix}m`]: momentum },
  );
}
