/** A new kind in any table fails here until random specs have it. */
import { expect, it } from "vitest";
import { groups, layers } from "../../../compiler/layers/index.ts";
import { losses } from "../../../compiler/losses/index.ts";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { schedules } from "../../../compiler/schedules/index.ts";
import { specCount } from "../../support/random-spec-suite.ts";
import {
  groupKinds,
  layerGrowers,
  lossGrowers,
  optimizerGrowers,
  randomSpec,
  scheduleGrowers,
} from "../../support/random-spec.ts";
import type { Kinds } from "../../support/random-spec.ts";

const specs = Array.from({ length: specCount }, (_, seed) => randomSpec(seed));
const sorted = (kinds: Iterable<string>): readonly string[] => [...new Set(kinds)].sort();
const kindsOf = (table: readonly { readonly kind: string }[]): readonly string[] =>
  sorted(table.map(({ kind }) => kind));

const tables: readonly (readonly [keyof Kinds, readonly string[], object])[] = [
  ["layers", kindsOf([...layers, ...groups]), { ...layerGrowers, ...groupKinds }],
  ["losses", kindsOf(losses), lossGrowers],
  ["optimizers", kindsOf(optimizers), optimizerGrowers],
  ["schedules", kindsOf(schedules), scheduleGrowers],
];

it.each(tables)("every kind of %s is grown, and used in several specs", (table, kinds, growers) => {
  expect(sorted(Object.keys(growers))).toEqual(kinds);
  for (const kind of kinds) {
    const users = specs.filter((spec) => spec.kinds[table].includes(kind));
    expect(users.length, kind).toBeGreaterThan(4);
  }
});

/** Groups inside of groups. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Math.max(0, ...Object.values(value).map(depthOf));
  return "layers" in value && !("specloom" in value) ? inner + 1 : inner;
}

it("cells are used, and groups are nested three deep", () => {
  const texts = specs.map(({ text }) => text);
  expect(texts.filter((text) => text.includes('"cells":')).length).toBeGreaterThan(9);
  expect(Math.max(...texts.map((text) => depthOf(JSON.parse(text))))).toBe(3);
});

it("batches of one and of four are among them, sequences of one step, and lengths", () => {
  const texts = specs.map(({ text }) => text);
  for (const part of ['"batch_size":1,', '"batch_size":4', '"shape":[1,', '"lengths":true']) {
    expect(texts.filter((text) => text.includes(part)).length, part).toBeGreaterThan(20);
  }
});
