/** One call of the command line: where its words go, and how it ends. */
import { withShortNumbers } from "../../compiler/support/number-text.ts";
import { asTyped } from "./called-as.ts";
import { EXIT, faultOf } from "./faults.ts";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import { say, takesColour, type Terminal } from "./terminal.ts";

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export class Session {
  readonly terminal: Terminal;
  exitCode: number = EXIT.ok;
  #json = false;
  #quiet = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  get json(): boolean {
    return this.#json;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  /** Runs a command's work; whatever it throws becomes words and an exit code. */
  async run(options: CommonOptions, work: () => Promise<number>): Promise<void> {
    this.#json = options.json === true;
    this.#quiet = options.quiet === true;
    try {
      this.exitCode = await work();
    } catch (error) {
      this.exitCode = this.tell(error);
    }
  }

  /** Prints what is wrong. @returns the exit code that goes with it */
  tell(error: unknown): number {
    const fault = faultOf(error, this.terminal.env);
    if (this.#json) fault.objects.forEach((object) => this.#write(object));
    say(this.terminal.stderr, this.#typed(fault.text), (safe) => this.#coloured(safe));
    return fault.exitCode;
  }

  /** A line of the result for people: standard output, or standard error where that carries JSON. */
  print(text: string): void {
    say(this.#json ? this.terminal.stderr : this.terminal.stdout, `${this.#typed(text)}\n`);
  }

  /** A line of the result for tools; nothing without --json. */
  emit(object: unknown): void {
    if (this.#json) this.#write(object);
  }

  /** A line that goes with the result and is none: not with --quiet. */
  remark(text: string): void {
    if (!this.#quiet) this.print(text);
  }

  /** A remark in passing; to hand on, too. */
  readonly note = (text: string): void => {
    if (!this.#quiet) say(this.terminal.stderr, `${this.#typed(text)}\n`);
  };

  #typed(text: string): string {
    return asTyped(text, this.terminal.program);
  }

  #write(object: unknown): void {
    say(
      this.terminal.stdout,
      `${withShortNumbers(jsonText(object))}
`,
    );
  }

  #coloured(text: string): string {
    if (!takesColour(this.terminal, this.terminal.stderr)) return text;
    return text
      .replace(/error\[[a-z-]+\]/g, (word) => `\u001b[1;31m${word}\u001b[0m`)
      .replace(/^( {2}(?:help|note):)/gm, (word) => `\u001b[1;36m${word}\u001b[0m`);
  }
}
