/**
 * Calls of a live model that do not wait for one another give what they give one after the other, to the last bit.
 * `SPECLOOM_TEST_INTERLEAVINGS=10000` makes as many on each backend; `SPECLOOM_TEST_SEED` chooses others.
 */
import fc from "fast-check";
import { describe, it } from "vitest";
import type { LiveModel } from "../../runtime/contract-live.ts";
import { countOf } from "../support/extent.ts";
import { interleavings } from "../support/interleaved/calls.ts";
import { CallInputs, interleavedModels } from "../support/interleaved/models.ts";
import { compare } from "../support/interleaved/compare.ts";
import { interleave } from "../support/interleaved/run.ts";
import { Sequence } from "../support/interleaved/sequence.ts";
import { moduleFor } from "../support/trainee.ts";
import { streamFactOf } from "../../runtime/model/stream-fact.ts";

const total = Number(process.env["SPECLOOM_TEST_INTERLEAVINGS"] ?? countOf(90, 30));
const seed = Number(process.env["SPECLOOM_TEST_SEED"] ?? 0);
const numRuns = Math.ceil(total / interleavedModels.length);

describe.each(["wasm", "cpu"] as const)("interleaved calls on %s", (backend) => {
  it.each(interleavedModels)(
    "%s",
    async (_, compile) => {
      const handle = await moduleFor(compile(), backend);
      const create = (): Promise<LiveModel> => handle.create({ backend, seed: 3 });
      const reference = await create();
      const fresh = { weights: await reference.save(), training: reference.trainingState() };
      const others = await Promise.all(
        [4, 5].map(async (other) => savedAndDisposed(await handle.create({ backend, seed: other }))),
      );
      const weights = { fresh: fresh.weights, others, training: fresh.training };
      const sequence = new Sequence(reference, fresh);
      const inputs = new CallInputs(reference);
      const room = streamFactOf(handle.definition)?.steps ?? Infinity;
      let live: LiveModel | undefined;
      await fc.assert(
        fc.asyncProperty(interleavings(backend === "cpu" ? 1 : 10), async (calls) => {
          live ??= await create();
          const used = live;
          // Whatever ends a run early, the next one starts with another model.
          live = undefined;
          const events = await interleave(used, inputs, weights, calls);
          await compare(events, { sequence, inputs, weights, room });
          if (calls.some(({ kind }) => kind === "dispose")) return;
          await used.load(fresh.weights);
          used.restoreTrainingState(fresh.training);
          live = used;
        }),
        { seed, numRuns },
      );
      await live?.dispose();
      await reference.dispose();
    },
    3_600_000,
  );
});

async function savedAndDisposed(live: LiveModel): Promise<Uint8Array> {
  const bytes = await live.save();
  await live.dispose();
  return bytes;
}
