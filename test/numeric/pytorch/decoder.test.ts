/** Decoder layers in training, and what the trained models decode, against searches that read whole beginnings in PyTorch. */
import { expect, it } from "vitest";
import { describePytorch } from "../../support/describe-pytorch.ts";
import { compileFixture, flat, flatAll, readFixture } from "../../support/fixture-file.ts";
import type { PytorchFixture } from "../../support/pytorch-cases.ts";
import { pytorchCases } from "../../support/pytorch-cases.ts";
import type { Target } from "../../support/targets.ts";
import { testedTargets } from "../../support/targets.ts";
import { liveTrainee } from "../../support/trainee.ts";

interface Found {
  readonly tokens: readonly number[];
  readonly complete: 0 | 1;
  readonly score: number;
}

/** Of every row, best first. */
interface Decoded {
  readonly greedy: readonly (readonly Found[])[];
  readonly beam: readonly (readonly Found[])[];
}

type DecoderFixture = PytorchFixture & { readonly float32: { readonly extra: Decoded } };

const beam = { kind: "beam", beamSize: 3, nBest: 2 } as const;

// Teacher forcing is drawn with probability 0 only: every number says the same.
describePytorch("decoder", 11, (_, count) => new Float64Array(count));

// Each on one target, in turn: what is decoded on all of them is compared in ../decode.test.ts.
const turns = pytorchCases("decoder").map((name, index) => {
  const targets = testedTargets();
  return { name, target: targets[index % targets.length] as Target };
});

it.each(turns)("$name decodes on $target.title", async ({ name, target }) => {
  const { data, float32 } = readFixture<DecoderFixture>(`pytorch/${name}.json`);
  const { live } = await liveTrainee(compileFixture(`pytorch/${name}.yaml`), flatAll(float32.final), target);
  const { source, "source.lengths": lengths } = data;
  if (source === undefined || lengths === undefined) throw new Error("no sources");
  const inputs = { source: Float32Array.from(flat(source)), "source.lengths": Float32Array.from(flat(lengths)) };
  const found = { greedy: await live.decode(inputs), beam: await live.decode(inputs, beam) };
  await live.dispose();
  for (const kind of ["greedy", "beam"] as const) {
    const expected = float32.extra[kind];
    expect(found[kind].map((all) => all.map(({ tokens, complete }) => ({ tokens, complete })))).toEqual(
      expected.map((all) => all.map(({ tokens, complete }) => ({ tokens, complete: complete === 1 }))),
    );
    const off = found[kind].flatMap((all, row) =>
      all.map(({ score }, place) => Math.abs(score - (expected[row]?.[place]?.score ?? NaN))),
    );
    expect(Math.max(...off)).toBeLessThan(1e-4);
  }
});
