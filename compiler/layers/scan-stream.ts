/** Runs over time what is written for one step of a stream: states that are kept become what a scan carries. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { StreamContext } from "./define.ts";

type Step = (stream: StreamContext, slices: readonly Node[]) => readonly Node[];

interface Kept {
  readonly initial: Node;
  before: Node;
  next: Node | undefined;
}

/**
 * @param sequences `[B, T, ...]`; each step sees `[B, 1, ...]`
 * @param step from one step of every sequence to its results `[B, 1, ...]`
 * @returns the results of all steps, `[B, T, ...]`
 */
export function scanStream(
  o: Operations,
  length: number,
  sequences: readonly Node[],
  step: Step,
): { readonly outputs: readonly Node[] } {
  const asStep = (slice: Node): Node => o.reshape(slice, [slice.shape[0] as number, 1, ...slice.shape.slice(1)]);
  const timeFirst = sequences.map((sequence) => transposed(o, sequence));
  // Once outside of the scan, for the names and the shapes of what is kept; nobody reads what is made there.
  const trial = new Map<string, Kept>();
  step(
    streamOf(o, trial, undefined),
    sequences.map((sequence) => o.slice(sequence, 1, 0, 1)),
  );
  const names = [...trial.keys()];
  const { outputs } = o.scan({
    length,
    initial: [...trial.values()].map(({ initial }) => initial),
    slices: timeFirst,
    body: (carries, slices) => {
      const states = new Map<string, Kept>();
      const before = new Map(names.map((name, index) => [name, carries[index] as Node]));
      const results = step(streamOf(o, states, before), slices.map(asStep));
      return {
        carries: names.map((name, index) => called(o, states.get(name)?.next ?? (carries[index] as Node), name)),
        outputs: results.map((result) => o.reshape(result, [result.shape[0] as number, ...result.shape.slice(2)])),
      };
    },
  });
  return { outputs: outputs.map((output) => transposed(o, output)) };
}

/** By the name of the state, where it has none of its own. */
function called(o: Operations, node: Node, state: string): Node {
  return node.label === node.op ? o.builder.named(node, state.replaceAll(" ", "_")) : node;
}

/** `[B, T, ...]` to `[T, B, ...]` and back. */
function transposed(o: Operations, node: Node): Node {
  return o.transpose(
    node,
    node.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis)),
  );
}

/** @param before undefined: before the first step */
function streamOf(
  o: Operations,
  states: Map<string, Kept>,
  before: ReadonlyMap<string, Node> | undefined,
): StreamContext {
  const unknown = (): never => {
    throw new Error("a step inside of a layer has no position");
  };
  return {
    get position(): Node {
      return unknown();
    },
    steps: unknown,
    isStep: () => false,
    previous: (name, given) => {
      const initial = Array.isArray(given) ? o.constant(0, given as number[]) : (given as Node);
      const value = before?.get(name) ?? initial;
      states.set(name, { initial, before: value, next: undefined });
      return value;
    },
    keep: (name, value) => {
      const state = states.get(name);
      if (state !== undefined) state.next = value;
    },
  };
}
