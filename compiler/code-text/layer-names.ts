/** What a function is called that is for several layers. */

/**
 * `transformer_block` of `blocks.1.transformer_block_1` and its like: the end that their paths have in common, without the number
 * of a layer that the spec does not name; of one layer alone, or of layers without such an end, the first path.
 */
export function commonName(layers: readonly string[]): string {
  const [first = "", ...others] = layers;
  if (others.length === 0) return first;
  const paths = layers.map((layer) => layer.split(".").reverse());
  const path = first.split(".").reverse();
  const length = path.findIndex((part, place) => paths.some((other) => other[place] !== part));
  const common = path.slice(0, length < 0 ? path.length : length).reverse();
  return common.length === 0 ? first : common.join(".").replace(/_\d+$/u, "");
}
