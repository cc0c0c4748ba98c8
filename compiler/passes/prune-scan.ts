/** A scan without the results nobody reads and the carries they alone needed. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node, ScanAttributes } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { ScanRewrite } from "../ir/rewrite.ts";
import { scanResults } from "../ops/operations.ts";

/** @returns one node per old result; undefined for those not in `used` */
export function prunedScan(
  { attributes, inputs }: ScanRewrite,
  used: ReadonlySet<number>,
  builder: GraphBuilder,
): readonly (Node | undefined)[] {
  const { carries, slices, nextCarries, outputs } = attributes;
  const keptOutputs = outputs.map((_, index) => index).filter((index) => used.has(carries.length + index));
  const keptCarries = neededCarries(attributes, used, keptOutputs);
  const needed = new Set(
    topological([
      ...keptOutputs.map((index) => outputs[index] as Node),
      ...keptCarries.map((index) => nextCarries[index] as Node),
    ]),
  );
  const keptSlices = slices.map((_, index) => index).filter((index) => needed.has(slices[index] as Node));
  const pick = <Item>(items: readonly Item[], kept: readonly number[]): Item[] =>
    kept.map((index) => items[index] as Item);
  const results = scanResults(
    builder,
    {
      ...attributes,
      carries: pick(carries, keptCarries),
      slices: pick(slices, keptSlices),
      nextCarries: pick(nextCarries, keptCarries),
      outputs: pick(outputs, keptOutputs),
    },
    [
      ...pick(inputs, keptCarries),
      ...pick(
        inputs,
        keptSlices.map((index) => carries.length + index),
      ),
    ],
  );
  return [
    ...carries.map((_, index) => results.carries[keptCarries.indexOf(index)]),
    ...outputs.map((_, index) => results.outputs[keptOutputs.indexOf(index)]),
  ];
}

function neededCarries(
  { carries, nextCarries, outputs }: ScanAttributes,
  used: ReadonlySet<number>,
  keptOutputs: readonly number[],
): number[] {
  const needed = new Set<number>(carries.map((_, index) => index).filter((index) => used.has(index)));
  for (let before = -1; before !== needed.size;) {
    before = needed.size;
    const reached = new Set(
      topological([
        ...keptOutputs.map((index) => outputs[index] as Node),
        ...[...needed].map((index) => nextCarries[index] as Node),
      ]),
    );
    carries.forEach((carry, index) => {
      if (reached.has(carry)) needed.add(index);
    });
  }
  return [...needed].sort((a, b) => a - b);
}
