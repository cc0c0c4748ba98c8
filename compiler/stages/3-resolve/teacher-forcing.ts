/** `train.teacher_forcing`: its defaults, what its kinds need, and that there is a decoder to be forced. */
import type { ResolvedLayer } from "../../contracts/model.ts";
import type { TeacherForcing } from "../../contracts/spec.ts";
import { teacherForcingKeys, teacherForcingUses } from "../../schedules/teacher-forcing.ts";
import { allLayers } from "../../layers/index.ts";
import { joinWords } from "../../support/words.ts";
import { withDefaults } from "../../keys/define.ts";
import type { ResolveContext } from "./context.ts";
import { isBroken } from "./context.ts";
import { layerDefinition } from "./layer-definition.ts";

const place = "/train/teacher_forcing";

/** @returns undefined where there is none, or after a report */
export function resolveTeacherForcing({ spec, report }: ResolveContext): TeacherForcing | undefined {
  const given = spec.train?.teacher_forcing;
  if (given === undefined || isBroken(spec, place)) return undefined;
  const config = withDefaults(teacherForcingKeys, given) as unknown as TeacherForcing;
  const { kind, start, end, k } = config;
  const uses = teacherForcingUses[kind];
  let isRight = true;
  const invalid = (key: keyof TeacherForcing, expected: string, help: string): void => {
    isRight = false;
    const value = given[key];
    const found = value === undefined ? "not given" : JSON.stringify(value);
    const pointer = value === undefined ? place : `${place}/${key}`;
    report("invalid-value", { key, owner: `teacher_forcing of kind ${kind}`, expected, found, help }, { pointer });
  };
  for (const key of ["end", "steps", "k"] as const) {
    const isUsed = uses.includes(key);
    if (!isUsed && given[key] !== undefined) invalid(key, "nothing", "remove it, or choose another kind");
    if (isUsed && key !== "end" && given[key] === undefined) {
      const meaning = teacherForcingKeys[key].description;
      invalid(key, "a number", `add it: ${meaning.charAt(0).toLowerCase()}${meaning.slice(1, -1)}`);
    }
  }
  if (uses.includes("end") && end > start) {
    invalid("end", `at most the start of ${start}`, "the probability falls from start to end");
  }
  if (kind === "exponential" && k !== undefined && k >= 1) invalid("k", "a number below 1", "try 0.999");
  if (kind === "inverse_sigmoid" && k !== undefined && k < 1) invalid("k", "a number from 1", "try 100");
  return isRight ? only(config, uses) : undefined;
}

function only(config: TeacherForcing, uses: readonly string[]): TeacherForcing {
  const kept = Object.entries(config).filter(([key]) => key === "kind" || key === "start" || uses.includes(key));
  return Object.fromEntries(kept) as unknown as TeacherForcing;
}

/** Nothing but a layer that decodes reads tokens of its own. */
export function checkTeacherForcing({ spec, report }: ResolveContext, layers: readonly ResolvedLayer[]): void {
  const isForced = layers.some((layer) => layerDefinition(layer).decodes !== undefined);
  if (spec.train?.teacher_forcing === undefined || isForced) return;
  const kinds = joinWords(
    allLayers.filter(({ decodes }) => decodes !== undefined).map(({ kind }) => kind),
    "or",
  );
  const facts = {
    key: "teacher_forcing",
    owner: "train",
    expected: `a ${kinds} layer among the layers, which it is about`,
    found: "given",
    help: `remove it, or add a layer of kind ${kinds}`,
  };
  report("invalid-value", facts, { pointer: place, part: "key" });
}
