/** Programs that renew parameters and state, as a training step does. */
import type { Buffer, Expression, Program } from "../../compiler/ir/program.ts";
import {
  add,
  at,
  bin,
  buffer,
  i,
  kernel,
  load,
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
const turned = plus(times(own, -1), at(size - 1));
const update = { phase: "update", layer: "sgd", note: "by hand" } as const;

function map(name: string, reads: readonly Buffer[], body: Expression): ReturnType<typeof kernel> {
  const shapes = Object.fromEntries(reads.map((one) => [one.name, one.shape]));
  return { ...kernel({ name, reads: shapes, output: [size], indices: ["n"], body }), origin: update };
}

/** Several parameters, each renewed from itself and perhaps from others, here or elsewhere, before or after them. */
export function randomUpdate(draw: Draw, prefix = ""): Program {
  const count = 2 + draw.below(4);
  const residents = Array.from({ length: count }, (_, position) => ({
    ...buffer(`w${position}`, [size], draw.chance(0.5) ? "parameter" : "state"),
    external: `${prefix}w${position}`,
  }));
  const x = { ...buffer("x", [size], "input"), external: `${prefix}x` };
  const news = residents.map(({ name }): Buffer => ({ ...buffer(`next ${name}`, [size]), origin: update }));
  const middle = buffer("middle", [size]);
  const steps = [run(map("middle", [x], un("tanh", load(0, turned))), [x], middle)];
  const done: Buffer[] = [];
  for (const position of draw.shuffled(residents.map((_, each) => each))) {
    const reads: Buffer[] = [];
    const read = (from: Buffer, index = own): Expression => {
      if (!reads.includes(from)) reads.push(from);
      return load(reads.indexOf(from), index);
    };
    const itself = residents[position] as Buffer;
    const terms = [read(itself, draw.chance(0.85) ? own : turned), read(middle)];
    if (draw.chance(0.3)) terms.push(read(draw.one(residents), draw.one([own, turned])));
    if (draw.chance(0.3) && done.length > 0) terms.push(read(draw.one(done), draw.one([own, turned])));
    const next = news[position] as Buffer;
    steps.push(
      run(
        map(
          `renew${position}`,
          reads,
          terms.reduce((sum, term) => add(mul(sum, num(0.5)), term)),
        ),
        reads,
        next,
      ),
    );
    done.push(next);
  }
  const loss = buffer("loss", []);
  const first = draw.one([...residents, ...news]);
  const body = reduce("sum", "k", size, load(0, i("k")));
  steps.push(
    run(kernel({ name: "loss", reads: { x: [size] }, output: [], indices: [], body: body }), [first], loss),
  );
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
      body: add(
        reduce("sum", "k", size, mul(load(0, i("k")), load(1, i("k")))),
        un("log", load(2, at(which))),
      ),
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
