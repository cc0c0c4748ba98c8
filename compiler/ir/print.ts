/** Graphs and programs as stable text: what `--emit graph|gradient|kernels` shows and what golden tests compare. */
import type { Graph, Node } from "./graph.ts";
import { bodyNodes, isScan, topological } from "./graph.ts";
import { indexText } from "./index-expression.ts";
import type { Access, Condition, Expression, IndexExpression, Kernel, Program, Step } from "./program.ts";

/** One node a line, numbered in order: `%3 = contract bti,gi->tbg %0 %1 : [24, 16, 64]  (encoder)`. */
export function printGraph(graph: Graph): string {
  const numbers = new Map<Node, number>();
  const lines: string[] = [`graph ${graph.name}`];
  const reference = (node: Node): string => `%${numbers.get(node) ?? "?"}`;
  const number = (node: Node): string => {
    numbers.set(node, numbers.size);
    return reference(node);
  };
  const print = (node: Node, indent: string): void => {
    const comment = node.origin.layer === "" ? "" : `  (${node.origin.phase} ${node.origin.layer})`;
    const shape = `: [${node.shape.join(", ")}]`;
    if (isScan(node)) {
      printScan(node, indent);
      return;
    }
    const operands = node.inputs.map(reference).join(" ");
    const words = [node.op, attributeText(node), operands].filter((word) => word !== "").join(" ");
    lines.push(`${indent}${number(node)} = ${words} ${shape}${comment}`);
  };
  const printScan = (scan: Node<"scan">, indent: string): void => {
    const { carries, slices, nextCarries, outputs, length, reverse } = scan.attributes;
    const header = `scan ${reverse ? `${length - 1}..0` : `0..${length - 1}`}`;
    lines.push(`${indent}${number(scan)} = ${header} {`);
    carries.forEach((carry, index) => {
      lines.push(
        `${indent}  carry ${number(carry)} = ${reference(scan.inputs[index] as Node)} first  (${carry.label})`,
      );
    });
    slices.forEach((slice, index) => {
      const whole = scan.inputs[carries.length + index] as Node;
      lines.push(`${indent}  slice ${number(slice)} = ${reference(whole)}[t]  (${slice.label})`);
    });
    const body = [...bodyNodes(scan)].sort((a, b) => a.id - b.id);
    for (const node of body) if (node.op !== "placeholder") print(node, `${indent}  `);
    lines.push(`${indent}  next ${nextCarries.map(reference).join(" ")} stack ${outputs.map(reference).join(" ")}`);
    lines.push(`${indent}}`);
  };
  for (const node of topological(graph.outputs.map(({ node }) => node))) print(node, "  ");
  for (const { name, node } of graph.outputs) lines.push(`  return ${name} = ${reference(node)}`);
  return `${lines.join("\n")}\n`;
}

function attributeText(node: Node): string {
  switch (node.op) {
    case "argument":
      return `${node.attributes.role} ${node.attributes.name}`;
    case "constant":
      return String(node.attributes.value);
    case "contract":
      return `${node.attributes.left},${node.attributes.right}->${node.attributes.output}`;
    case "scan":
    case "placeholder":
      return "";
    default:
      return Object.entries(node.attributes)
        .map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value.join(",")}]` : String(value)}`)
        .join(" ");
  }
}

/** Buffers, kernels and the schedule of a program. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name}`];
  for (const buffer of program.buffers) {
    const external = buffer.external === undefined ? "" : ` = ${buffer.external}`;
    lines.push(`  ${buffer.role} ${buffer.name}${external} : [${buffer.shape.join(", ")}] ${buffer.storage}`);
  }
  for (const kernel of program.kernels) lines.push(...kernelLines(kernel));
  const steps = (list: readonly Step[], indent: string): void => {
    for (const step of list) {
      if (step.kind === "loop") {
        lines.push(`${indent}for ${step.variable} = ${step.start}; != ${step.end}; += ${step.stride}`);
        steps(step.body, `${indent}  `);
      } else {
        const inputs = [...step.inputs.map(accessText), ...step.variables].join(", ");
        lines.push(`${indent}${accessText(step.output)} = ${step.kernel.name}(${inputs})`);
      }
    }
  };
  steps(program.schedule, "  ");
  for (const { name, buffer } of program.results) lines.push(`  return ${name} = ${buffer.name}`);
  return `${lines.join("\n")}\n`;
}

function kernelLines(kernel: Kernel): string[] {
  const parameters = kernel.parameters.map(({ name, shape }) => `${name}[${shape.join(", ")}]`);
  const cells = kernel.indices.map((index, axis) => `${index} < ${kernel.output[axis]}`).join(", ");
  return [
    `  kernel ${kernel.name}(${[...parameters, ...kernel.variables].join(", ")}) for ${cells || "one cell"}`,
    `    ${expressionText(kernel.body, kernel)}`,
  ];
}

function accessText({ buffer, slot }: Access): string {
  if (slot === undefined) return buffer.name;
  if (slot.variable === undefined) return `${buffer.name}[${slot.offset}]`;
  const variable = slot.scale === -1 ? `-${slot.variable}` : slot.variable;
  const offset = slot.offset === 0 ? "" : slot.offset > 0 ? ` + ${slot.offset}` : ` - ${-slot.offset}`;
  return `${buffer.name}[${variable}${offset}]`;
}

export function expressionText(expression: Expression, kernel: Pick<Kernel, "parameters">): string {
  const text = (inner: Expression): string => expressionText(inner, kernel);
  const condition = ({ operation, left, right }: Condition): string => `${operation}(${text(left)}, ${text(right)})`;
  const place = (index: IndexExpression): string =>
    indexText(index, (from) => (typeof from === "number" ? kernel.parameters[from]?.name : from.buffer.name) ?? "?");
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "position":
      return place(expression.index);
    case "load":
      return `${kernel.parameters[expression.parameter]?.name}[${expression.indices.map(place).join(", ")}]`;
    case "unary":
      return `${expression.operation}(${text(expression.operand)})`;
    case "binary":
      return `${expression.operation}(${text(expression.left)}, ${text(expression.right)})`;
    case "select":
      return `select(${condition(expression.condition)}, ${text(expression.whenTrue)}, ${text(expression.whenFalse)})`;
    case "reduce":
      return `${expression.operation}(${expression.index} < ${expression.extent}: ${text(expression.body)})`;
    default:
      return expression satisfies never;
  }
}
