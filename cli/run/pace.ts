/** How fast a training goes, and how long it will still take. */

export interface PaceNow {
  /** Updates per second, on average since the start, validations included; undefined before there are two. */
  readonly stepsPerSecond: number | undefined;
  /** Undefined where the speed is. */
  readonly secondsLeft: number | undefined;
}

/** Averages from the first update on: before it, programs are assembled and warmed up, which happens once. */
export class Pace {
  readonly #total: number;
  readonly #now: () => number;
  #from: { readonly step: number; readonly time: number } | undefined;
  #step = 0;
  #time = 0;

  /** @param total updates when all is done; @param now milliseconds */
  constructor(total: number, now: () => number) {
    this.#total = total;
    this.#now = now;
  }

  update(step: number): void {
    this.#step = step;
    this.#time = this.#now();
    this.#from ??= { step, time: this.#time };
  }

  get now(): PaceNow {
    const from = this.#from;
    if (from === undefined || this.#step <= from.step || this.#time <= from.time) {
      return { stepsPerSecond: undefined, secondsLeft: undefined };
    }
    const stepsPerSecond = (1000 * (this.#step - from.step)) / (this.#time - from.time);
    return { stepsPerSecond, secondsLeft: Math.max(0, this.#total - this.#step) / stepsPerSecond };
  }
}

/** `213 steps/s`, `2.4 steps/s`, `3.1 s/step` */
export function speedText(stepsPerSecond: number): string {
  return stepsPerSecond >= 1 ? `${short(stepsPerSecond)} steps/s` : `${short(1 / stepsPerSecond)} s/step`;
}

/** `9 s`, `3 min 20 s`, `2 h 5 min` */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${String(whole)} s`;
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
  return `${String(Math.floor(whole / 3600))} h ${String(Math.floor((whole % 3600) / 60))} min`;
}

function short(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
