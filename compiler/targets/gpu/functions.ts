/** Operations on numbers as the text of a kernel that every gpu.js mode computes alike: what their records say. */
import {
  binaryOperations,
  compareOperations,
  mapOperations,
  unaryOperations,
  type BinaryOperation,
  type BinaryRecord,
  type CompareOperation,
  type KernelText,
  type UnaryOperation,
  type UnaryRecord,
} from "../../elementwise/index.ts";
import { bound, call, infix, kernelNumber, negative, strength, type Code } from "./code.ts";

/** Gives a value that is needed more than once a name. */
export type Naming = (wish: string, value: Code) => Code;

export function unaryCode(operation: UnaryOperation, operand: Code, named: Naming): Code {
  const record: UnaryRecord = unaryOperations[operation];
  if (record.kernel === undefined) return record.form(kernelText(named), operand);
  const { kernel } = record;
  if (typeof kernel === "function") return kernel(kernelText(named), operand);
  return typeof kernel === "string" ? call(kernel, operand) : negative(operand);
}

/** `constant` is the value of the right operand where it is one. */
export function binaryCode(
  operation: BinaryOperation,
  [left, right]: readonly [Code, Code],
  constant: number | undefined,
  named: Naming,
): Code {
  const record: BinaryRecord = binaryOperations[operation];
  if (record.kernel === undefined) return record.form(kernelText(named), left, right);
  const { kernel } = record;
  if (typeof kernel === "function") return kernel(kernelText(named), { left, right, constant });
  return typeof kernel === "string" ? call(kernel, left, right) : infix(left, kernel.infix, right);
}

function kernelText(named: Naming): KernelText<Code> {
  return {
    ...mapOperations(unaryOperations, (operation) => (x: Code) => unaryCode(operation, x, named)),
    ...mapOperations(
      binaryOperations,
      (operation) => (left: Code, right: Code) => binaryCode(operation, [left, right], undefined, named),
    ),
    constant: kernelNumber,
    less: (left, right) => compareCode("less", left, right),
    equal: (left, right) => compareCode("equal", left, right),
    greater: (left, right) => compareCode("greater", left, right),
    select: choice,
    named,
    call,
  };
}

export function compareCode(operation: CompareOperation, left: Code, right: Code): Code {
  const { kernel } = compareOperations[operation];
  return {
    text: `${bound(left, strength.sum)} ${kernel} ${bound(right, strength.sum)}`,
    strength: strength.comparison,
  };
}

/** A longer choice is written over three lines. */
const longestChoice = 84;

export function choice(condition: Code, whenTrue: Code, whenFalse: Code): Code {
  const [yes, no] = [bound(whenTrue, strength.comparison), bound(whenFalse, strength.choice)];
  const flat = `${condition.text} ? ${yes} : ${no}`;
  if (flat.length <= longestChoice && !flat.includes("\n")) return { text: flat, strength: strength.choice };
  const under = (text: string): string => text.replaceAll("\n", "\n  ");
  return { text: `${condition.text}\n  ? ${under(yes)}\n  : ${under(no)}`, strength: strength.choice };
}
