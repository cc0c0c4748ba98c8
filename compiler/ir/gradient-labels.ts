/** What gradients are called, for readers of the generated code. */
const through = "_gradient_from_";

/** `weights_gradient`. */
export function gradientLabel(of: string): string {
  return `${of}_gradient`;
}

/** One of several that add up to a gradient: what comes through `reader`, `keys_gradient_from_energies`. */
export function contributionLabel(of: string, reader: string): string {
  return `${of}${through}${reader}`;
}

/** A contribution that is no tensor by itself needs no name: it stands in the sum. */
export function isContribution(label: string): boolean {
  return label.includes(through);
}
