/** How often a training is saved: a kill costs less than a second of work, saving less than a fifth of the time. */
import { describe, expect, it } from "vitest";
import { SavePace } from "../../../../cli/run/save-pace.ts";

/** Works in steps for a minute, saving when due. The share is that of the saves behind the first, which waits for nothing. */
async function worked(step: number, cost: number): Promise<{ readonly lost: number; readonly share: number }> {
  let now = 0;
  let saving = 0;
  let unsaved = 0;
  let lost = 0;
  const pace = new SavePace(undefined, () => now);
  const save = async (): Promise<void> => {
    await Promise.resolve();
    now += cost;
    saving += cost;
  };
  await pace.during(save);
  saving = 0;
  while (now < 60_000) {
    now += step;
    unsaved += step;
    lost = Math.max(lost, unsaved);
    if (!pace.isDue) continue;
    await pace.during(save);
    unsaved = 0;
  }
  return { lost, share: saving / now };
}

describe("SavePace", () => {
  it.each([
    [1, 3],
    [3, 20],
    [40, 60],
    [200, 125],
    [499, 125],
  ])("with steps of %d ms and saves of %d ms at most a second is lost, and a fifth taken", async (step, cost) => {
    const { lost, share } = await worked(step, cost);
    expect(lost).toBeLessThanOrEqual(1000);
    expect(share).toBeLessThanOrEqual(0.2);
  });

  it("saves after every step that takes longer, and takes no more than its share for large models", async () => {
    expect((await worked(3000, 100)).lost).toBe(3000);
    const { lost, share } = await worked(100, 2000);
    expect(share).toBeLessThanOrEqual(0.2);
    expect(lost).toBeLessThanOrEqual(8100);
  });
});
