/** Calls that are made while others are under way: what each target answers, and what becomes of streams. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import type { LiveModel, ModelHandle } from "../../runtime/contract-live.ts";
import { CallInputs, interleavedModels } from "../support/interleaved/models.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";
import { expectProblem } from "../unit/runtime/model/expect-problem.ts";

/** A decoder, and a transformer without an encoder. */
const [decoder, transformer] = interleavedModels.slice(0, 2).map(([, compile]) => compile()) as [
  Compilation,
  Compilation,
];

describe.each(testedTargets())("calls under way on $title", ({ backend, plain = false }) => {
  const create = (handle: ModelHandle, seed = 3): Promise<LiveModel> =>
    handle.create({ backend, seed, ...(plain ? { simd: "plain" } : {}) });

  it("see the state they were made in, a decoding to its end", async () => {
    for (const compiled of [decoder, transformer]) {
      const handle = await moduleFor(compiled, backend);
      const live = await create(handle);
      const inputs = new CallInputs(live);
      const start = await live.save();
      const other = await create(handle, 8);
      const otherWeights = await other.save();
      const before = await live.decode(inputs.decode(1, 2));
      const ofOther = await other.decode(inputs.decode(1, 2));
      expect(ofOther).not.toEqual(before);
      await other.dispose();

      const huge = { update: true, learningRate: 5 };
      const options = handle.definition.accumulation === undefined ? { learningRate: 5 } : huge;
      const [first, , second, , third] = await Promise.all([
        live.decode(inputs.decode(1, 2)),
        live.trainStep(inputs.training(1, 2) as never, options),
        live.decode(inputs.decode(1, 2)),
        live.load(otherWeights),
        live.decode(inputs.decode(1, 2)),
      ]);
      expect(first).toEqual(before);
      expect(second).not.toEqual(before);
      expect(third).toEqual(ofOther);

      await live.load(start);
      const last = live.decode(inputs.decode(1, 2));
      const disposal = live.dispose();
      await expectProblem(() => live.decode(inputs.decode(1, 2)), "model-disposed", /was disposed/);
      expect(await last).toEqual(before);
      await disposal;
    }
  }, 120_000);

  it("show in what is read at once when they are done, tensors and counters together", async () => {
    const handle = await moduleFor(decoder, backend);
    const live = await create(handle);
    const inputs = new CallInputs(live);
    const fresh = { state: live.trainingState(), parameters: live.parameters() };
    const step = live.trainStep(inputs.training(0, 2) as never, { update: true });
    expect({ state: live.trainingState(), parameters: live.parameters() }).toEqual(fresh);
    await step;
    const state = live.trainingState();
    expect(state.step).toBe(1);
    expect(state.slots).not.toEqual(fresh.state.slots);
    expect(live.parameters()).not.toEqual(fresh.parameters);
    await live.dispose();
  }, 120_000);

  it("end the streams of parameters that they change, and no others", async () => {
    const handle = await moduleFor(decoder, backend);
    const live = await create(handle);
    const inputs = new CallInputs(live);
    const open = () => live.stream(inputs.stream(0));
    const whole = await open();
    const first = await whole.step(inputs.step(2));
    const second = await whole.step(inputs.step(1));

    const stream = await open();
    const step = stream.step(inputs.step(2));
    const fork = stream.fork();
    const refused = live.trainStep(inputs.huge(0) as never);
    // Half an update: the parameters are what they were.
    const half = live.trainStep(inputs.training(0, 2) as never, { update: false });
    expect(await step).toEqual(first);
    await expectProblem(() => refused, "loss-not-finite", /loss is Infinity/);
    await half;
    // It goes on behind the step that was under way.
    expect([fork.position, stream.position]).toEqual([1, 1]);
    expect(await fork.step(inputs.step(1))).toEqual(second);
    expect(await stream.step(inputs.step(1))).toEqual(second);

    const late = (await open()).step(inputs.step(2));
    const weights = await live.save();
    expect(await late).toEqual(first);
    const outdated = [await open(), await open()] as const;
    const training = live.trainStep(inputs.training(0, 2) as never, { update: true });
    await expectProblem(
      () => outdated[0].step(inputs.step(2)),
      "stream-outdated",
      /have changed.*start another stream/,
    );
    await training;
    const renewed = await open();
    await live.load(weights);
    for (const one of [...outdated, renewed, fork]) {
      await expectProblem(() => one.step(inputs.step(2)), "stream-outdated", /have changed/);
    }
    expect(await (await open()).step(inputs.step(2))).toEqual(first);
    await live.dispose();
    await expectProblem(() => whole.step(inputs.step(2)), "model-disposed", /was disposed/);
  }, 120_000);
});
