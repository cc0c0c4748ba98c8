import { describe, expect, it } from "vitest";
import { Queue } from "../../../../runtime/model/turns.ts";

describe("Queue", () => {
  it("starts the first task when the call has returned and the others when those before have ended, in order", async () => {
    const queue = new Queue();
    const told: string[] = [];
    const task = (name: string) => async (): Promise<string> => {
      told.push(`${name} begins`);
      await Promise.resolve();
      told.push(`${name} ends`);
      return name;
    };
    const results = [queue.run(task("one")), queue.run(task("two")), queue.run(task("three"))];
    expect(told).toEqual([]);
    await Promise.resolve();
    expect(told).toEqual(["one begins"]);
    expect(await Promise.all(results)).toEqual(["one", "two", "three"]);
    expect(told).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
    expect(queue.busy).toBe(false);
  });

  it("goes on after a task that fails, be it before its first wait", async () => {
    const queue = new Queue();
    const failed = queue.run(() => {
      throw new Error("at once");
    });
    const late = queue.run(() => Promise.reject(new Error("late")));
    const last = queue.run(() => Promise.resolve("done"));
    await expect(failed).rejects.toThrow("at once");
    await expect(late).rejects.toThrow("late");
    expect(await last).toBe("done");
    expect(queue.busy).toBe(false);
  });
});
