/** A model as a Mermaid flowchart: readable as text, drawn by GitHub and most editors. */
import type { Model } from "../../compiler/contracts/model.ts";
import { legend } from "../../compiler/support/legend.ts";

export function mermaid(model: Model): string {
  const { inputs, layers, losses, outputs, batchSize } = model;
  const nodes = new Map<string, string>();
  const node = (name: string): string => {
    const known = nodes.get(name) ?? `n${String(nodes.size)}`;
    nodes.set(name, known);
    return known;
  };
  const lines: string[] = ["flowchart TD"];
  for (const input of inputs) {
    lines.push(`  ${node(input.name)}[/${label(input.name, input.role, legend(input, batchSize))}/]`);
  }
  for (const layer of layers) {
    lines.push(`  ${node(layer.name)}[${label(layer.name, layer.kind, legend(layer.output, batchSize))}]`);
  }
  for (const layer of layers) {
    for (const source of layer.from) lines.push(edge(node(ownerOf(source, model)), node(layer.name), source));
  }
  losses.forEach((loss, index) => {
    const name = `loss ${String(index)}`;
    lines.push(`  ${node(name)}{{${label(loss.kind, "loss")}}}`);
    for (const source of [loss.input, loss.target]) {
      lines.push(edge(node(ownerOf(source, model)), node(name), source));
    }
  });
  for (const { name, shape } of outputs) {
    const output = node(`output ${name}`);
    lines.push(`  ${output}([${label(name, "output", legend(shape, batchSize))}])`);
    lines.push(`  ${node(ownerOf(name, model))} --> ${output}`);
  }
  return lines.join("\n");
}

/** Dotted outputs (`context.weights`) belong to a layer. */
function ownerOf(reference: string, { inputs, layers }: Model): string {
  const known = [...inputs, ...layers].some(({ name }) => name === reference);
  return known ? reference : (reference.split(".")[0] ?? reference);
}

function edge(from: string, to: string, reference: string): string {
  const output = reference.split(".").slice(1).join(".");
  return output === "" ? `  ${from} --> ${to}` : `  ${from} -- ${label(output)} --> ${to}`;
}

function label(...rows: readonly string[]): string {
  return `"${rows.map((row) => row.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;")).join("<br/>")}"`;
}
