/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from "commander";
import { BACKENDS } from "@specloom/runtime/internal/model/create";

export function backendOption(): Option {
  return new Option("--backend <name>", "what computes; auto: wasm, or a GPU where it pays")
    .choices(BACKENDS)
    .default("auto");
}

export function threadsOption(): Option {
  return new Option("--threads <n>", "most threads of the backend wasm (default: as many as pay)").argParser(
    wholeNumber(1),
  );
}

export function jsonOption(what: string): Option {
  return new Option("--json", `print ${what} as JSON on standard output, one object a line`);
}

export function quietOption(): Option {
  return new Option("--quiet", "print results and errors only");
}

export function weightsOption(what: string): Option {
  return new Option("--weights <file>", what);
}

export function setOption(): Option {
  return new Option("--set <path=value>", "change a value of the spec, such as train.batch_size=8; may be repeated")
    .default([], "nothing")
    .argParser<string[]>((value, before) => [...before, value]);
}

/** A whole number from `least`, for `argParser`. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${String(least)}.`);
  };
}
