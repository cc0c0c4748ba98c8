/** Layers that put cells in other places, and those that make one of several. */
import { activationNames } from "../../../compiler/layers/activation-functions.ts";
import type { Entry, Garden, Grow, Growth, State } from "./garden.ts";
import { divisorsOf, featuresOf, isSequence, linearTo, reading, withFeatures } from "./garden.ts";

const combining =
  (kind: "add" | "multiply"): Grow =>
  ({ dice }, state, name) => {
    if (state.last === undefined) return undefined;
    const branches = Array.from({ length: dice.between(1, 3) }, (_, index) =>
      linearTo(`${name}_branch_${index}`, state, featuresOf(state), { activation: dice.pick(activationNames) }),
    );
    const from = [state.last, ...branches.map((branch) => branch.state.last)];
    const entries = [...branches.flatMap((branch) => branch.entries), { name, kind, from }];
    return { entries, state: { ...state, last: name } };
  };

export const combineGrowers = {
  concat: (garden, state, name) => {
    const { dice } = garden;
    if (state.last === undefined) return undefined;
    if (isSequence(state) && dice.happens()) return alongTime(garden, state, name);
    const branch = linearTo(`${name}_branch`, state, dice.between(1, 3));
    const axis = dice.pick([{}, { axis: "feature" }, { axis: -1 }, { axis: state.shape.length }]);
    return {
      entries: [...branch.entries, { name, kind: "concat", from: [branch.state.last, state.last], ...axis }],
      state: withFeatures(name, state, featuresOf(branch.state) + featuresOf(state)),
    };
  },
  add: combining("add"),
  multiply: combining("multiply"),
  slice: ({ dice }, state, name) => {
    const ofTime = state.time && dice.happens();
    const axis = ofTime ? 0 : state.shape.length - 1;
    const size = state.shape[axis] as number;
    const start = dice.below(size);
    const stop = dice.between(start + 1, size);
    const step = dice.between(1, 2);
    // Counted from the end where that is allowed: along time not from both.
    const negative = dice.happens();
    const edges: Entry = dice.pick([
      { start: negative ? start - size : start },
      negative && stop < size ? { stop: stop - size } : { stop },
      ofTime || !negative ? { start, stop } : { start: start - size, stop },
    ]);
    const first = "start" in edges ? start : 0;
    const end = "stop" in edges ? stop : size;
    if (!ofTime && dice.onceIn(4)) {
      const entry = { name, kind: "slice", ...reading(state), axis: -1, step: -step };
      return { entries: [entry], state: withFeatures(name, state, Math.ceil(size / step)) };
    }
    const named = ofTime ? dice.pick(["time", 1]) : dice.pick(["feature", -1, axis + 1]);
    const shape = state.shape.map((old, position) => (position === axis ? Math.ceil((end - first) / step) : old));
    return {
      entries: [{ name, kind: "slice", ...reading(state), axis: named, ...edges, step }],
      state: { ...state, last: name, shape },
    };
  },
  reshape: ({ dice }, state, name) => {
    const features = featuresOf(state);
    const part = dice.pick(divisorsOf(features));
    const parted = [part, features / part];
    if (!state.time) {
      const time = dice.pick([{ time: true }, { time: false }, {}]);
      const shape = dice.happens() ? [...state.shape.slice(0, -1), ...parted] : [part, -1];
      const cells = state.shape.reduce((product, size) => product * size, 1);
      const written = shape.map((size) => (size === -1 ? cells / part : size));
      return {
        entries: [{ name, kind: "reshape", ...reading(state), shape, ...time }],
        state: { last: name, shape: written, time: time.time === true },
      };
    }
    const [steps, ...inner] = state.shape as [number, ...number[]];
    if (inner.length > 2) return undefined;
    const by = dice.pick(divisorsOf(steps));
    const ofStep = inner.reduce((product, size) => product * size, 1);
    const shape = dice.pick([
      // Every step by itself, in other axes; steps joined; steps taken apart.
      [steps, ...inner.slice(0, -1), ...parted],
      [steps / by, ofStep * by],
      [steps * part, ofStep / part],
    ]);
    const free = dice.below(shape.length + 1);
    return {
      entries: [
        {
          name,
          kind: "reshape",
          ...reading(state),
          shape: shape.map((size, axis) => (axis === free ? -1 : size)),
          ...(dice.onceIn(3) ? { time: true } : {}),
        },
      ],
      state: { last: name, shape, time: true },
    };
  },
  flatten: ({ dice }, state, name) => {
    const rank = state.shape.length;
    const start = dice.between(1, rank);
    const end = dice.between(start, rank);
    const merged = state.shape.slice(start - 1, end).reduce((product, size) => product * size, 1);
    return {
      entries: [
        {
          name,
          kind: "flatten",
          ...reading(state),
          ...(start === 1 && dice.happens() ? {} : { start_dim: start }),
          ...(end === rank && dice.happens() ? {} : { end_dim: dice.happens() ? end : end - rank - 1 }),
        },
      ],
      state: {
        last: name,
        shape: [...state.shape.slice(0, start - 1), merged, ...state.shape.slice(end)],
        time: state.time && (start > 1 || end === start),
      },
    };
  },
} satisfies Readonly<Record<string, Grow>>;

/** Steps of another sequence behind those of this one. */
function alongTime(garden: Garden, state: State, name: string): Growth {
  const memory = garden.memory();
  const whole: State = { last: memory.name, shape: [memory.steps, memory.size], time: true };
  const more = linearTo(`${name}_more`, whole, featuresOf(state));
  const [steps] = state.shape as [number];
  return {
    entries: [...more.entries, { name, kind: "concat", axis: "time", from: [state.last, more.state.last] }],
    state: { last: name, shape: [steps + memory.steps, featuresOf(state)], time: true },
  };
}
