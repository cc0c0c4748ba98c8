/**
 * Text that is final already, kept apart while ts-morph puts a module together: it parses all that it is given, and tables,
 * binaries and the bodies of plans are most of a large module. A comment holds the place.
 */
export class FinalTexts {
  readonly #texts: string[] = [];

  /** What stands for the text until it is put back. It begins on a line of its own, as deep as what stands for it. */
  hold(text: string): string {
    this.#texts.push(text);
    return `${place} ${this.#texts.length - 1}`;
  }

  /** The module with every text in its place. */
  restored(moduleText: string): string {
    return moduleText.replace(held, (_, indent: string, index: string) =>
      (this.#texts[Number(index)] ?? "").replace(/^(?=.)/gmu, indent),
    );
  }
}

const place = "// held:";
/** A comment of the module itself is never at the start of a line and of this form: kernels and plans are held too. */
const held = new RegExp(`^( *)${place} (\\d+)$`, "gmu");
