import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pace } from "../../../../../runtime/devices/wasm/pace.ts";

/** Makes calls that take as long as `milliseconds` says, and tells how each was made. */
function calls(pace: Pace, count: number, milliseconds: (alone: boolean, call: number) => number): boolean[] {
  return Array.from({ length: count }, (_, call) => {
    const { alone } = pace.start();
    vi.advanceTimersByTime(milliseconds(alone, call));
    pace.stop(alone);
    return alone;
  });
}

describe("Pace", () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => vi.useRealTimers());

  it("tries both ways, then stays with the faster one", () => {
    expect(calls(new Pace(), 32, (alone) => (alone ? 3 : 2)).slice(16)).toEqual(Array(16).fill(false));
    expect(calls(new Pace(), 32, (alone) => (alone ? 2 : 30)).slice(16)).toEqual(Array(16).fill(true));
  });

  it("does not mistake waking the workers for their pace", () => {
    const woken = calls(new Pace(), 64, (alone, call) => (alone ? 3 : call === 0 ? 50 : 2));
    expect(woken.slice(-32)).toEqual(Array(32).fill(false));
  });

  it("does not change its mind because of one call that the machine held up", () => {
    const ways = calls(new Pace(), 60, (alone, call) => (call === 40 ? 1000 : alone ? 3 : 1));
    expect(ways.slice(-10)).toEqual(Array(10).fill(false));
  });

  it("begins long calls with all threads, and tries the other way once in a while", () => {
    const ways = calls(new Pace(), 100, (alone) => (alone ? 300 : 160));
    expect(ways.filter(Boolean)).toHaveLength(1);
    expect(ways.slice(0, 20)).toEqual(Array(20).fill(false));
  });

  it("looks at the other way ever more rarely while it is slower", () => {
    const ways = calls(new Pace(), 5000, (alone) => (alone ? 1 : 40));
    const trials = ways.flatMap((alone, call) => (alone || call < 16 ? [] : [call]));
    expect(trials.length).toBeGreaterThan(3);
    expect(trials.length).toBeLessThan(18);
  });

  it("changes its mind when the machine does", () => {
    const ways = calls(new Pace(), 4000, (alone, call) => (alone ? 10 : call < 500 ? 40 : 5));
    expect(ways.slice(100, 110)).toEqual(Array(10).fill(true));
    expect(ways.slice(-10)).toEqual(Array(10).fill(false));
  });
});
