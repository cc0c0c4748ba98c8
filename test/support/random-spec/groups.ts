/** Groups of layers, one inside the other. */
import { featureGrowers } from "./features.ts";
import type { Entry, Garden, Grow, Growth, State } from "./garden.ts";
import { featuresOf, linearTo, reading } from "./garden.ts";

const deepest = 3;

/** `{residual: {layers}}` and `{kind: residual, layers}` are one thing. */
function written({ dice }: Garden, kind: string, { name, ...keys }: Entry): Entry {
  if (dice.happens()) return { name, kind, ...keys };
  return dice.happens() ? { name, [kind]: keys } : { [kind]: { name, ...keys } };
}

/**
 * Layers inside of a group, of which the first reads what the group reads.
 * @param fits whether what they give is good for more of them to follow
 */
function inside(
  garden: Garden,
  growers: Readonly<Record<string, Grow>>,
  start: State,
  fits: (state: State) => boolean,
): Growth | undefined {
  const { dice } = garden;
  const kinds = Object.keys(growers);
  let state: State = { ...start, last: undefined };
  const entries: Entry[] = [];
  const wanted = dice.pick([1, 1, 2]);
  for (let tries = 0; entries.length < wanted && tries < 20; tries++) {
    const name = `part_${entries.length}`;
    const [extras, losses] = [garden.extras.length, garden.losses.length];
    const grown = growers[dice.pick(kinds)]?.(garden, state, name);
    if (grown === undefined || !fits(grown.state)) {
      // What is not taken leaves nothing behind.
      garden.extras.length = extras;
      garden.losses.length = losses;
      continue;
    }
    entries.push(...grown.entries);
    state = grown.state;
  }
  return entries.length === 0 ? undefined : { entries, state };
}

function within<Result>(garden: Garden, name: string, grow: () => Result): Result {
  const { around } = garden;
  garden.around = `${around}${name}.`;
  garden.depth += 1;
  try {
    return grow();
  } finally {
    garden.around = around;
    garden.depth -= 1;
  }
}

const sameBut = (left: State, right: State, axes: number): boolean =>
  left.time === right.time &&
  left.shape.length === right.shape.length &&
  left.shape.slice(0, axes).join() === right.shape.slice(0, axes).join();

/** @param growers of everything that may stand inside, groups too */
export function groupGrowers(growers: () => Readonly<Record<string, Grow>>): Readonly<Record<string, Grow>> {
  /** Layers that keep the shape. */
  const keeping = (garden: Garden, state: State, name: string): readonly Entry[] | undefined => {
    if (garden.depth === deepest) return undefined;
    const leading = state.shape.length - 1;
    const grown = within(garden, name, () =>
      inside(garden, growers(), state, (reached) => sameBut(reached, state, leading)),
    );
    if (grown === undefined || featuresOf(grown.state) === featuresOf(state)) return grown?.entries;
    return [...grown.entries, ...linearTo("fit", grown.state, featuresOf(state)).entries];
  };
  return {
    residual: (garden, state, name) => {
      const layers = keeping(garden, state, name);
      if (layers === undefined) return undefined;
      const entry = written(garden, "residual", { name, ...reading(state), layers });
      return { entries: [entry], state: { ...state, last: name } };
    },
    repeat: (garden, state, name) => {
      const { dice } = garden;
      const times = dice.pick([1, 2, 2, 2, 3]);
      const copy = `${name}.${dice.below(times)}`;
      if (dice.happens()) {
        const layers = keeping(garden, state, copy);
        if (layers === undefined) return undefined;
        const entry = written(garden, "repeat", { name, ...reading(state), times, layers });
        return { entries: [entry], state: { ...state, last: name } };
      }
      if (garden.depth === deepest) return undefined;
      // Behind a linear layer nothing depends on how many features there were: they may differ from copy to copy.
      const grown = within(garden, copy, () => {
        const first = featureGrowers.linear(garden, { ...state, last: undefined }, "door");
        const more = inside(garden, growers(), first.state, (reached) =>
          sameBut(reached, state, state.shape.length - 1),
        );
        return more && { entries: [...first.entries, ...more.entries], state: more.state };
      });
      if (grown === undefined) return undefined;
      const entry = written(garden, "repeat", { name, ...reading(state), times, layers: grown.entries });
      return { entries: [entry], state: { ...grown.state, last: name } };
    },
  };
}
