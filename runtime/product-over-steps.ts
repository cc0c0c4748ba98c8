/** Below this a product no longer changes 1 - product. */
const NEGLIGIBLE = 2 ** -60;

/**
 * factor(1) factor(2) ... factor(step), for factors in [0, 1): nadam's product of momenta. Exact as long as anybody can tell the
 * difference to 0 in 1 - product; ends there, so that late steps cost no more than early ones.
 */
export function productOverSteps(step: number, factor: (step: number) => number): number {
  let product = 1;
  for (let passed = 1; passed <= step && product > NEGLIGIBLE; passed += 1) product *= factor(passed);
  return product;
}
