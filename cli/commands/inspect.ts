/** `specloom inspect SPEC`: what a spec becomes, in numbers or as a drawing. */
import { Option, type Command } from "commander";
import type { Compilation, ProgramName } from "../../compiler/contracts.ts";
import { legend } from "../../compiler/support/legend.ts";
import { programCost } from "../support/cost.ts";
import { mermaid } from "../support/drawing.ts";
import { EXIT } from "../support/faults.ts";
import { jsonOption, setOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { compileSpec } from "../support/spec-file.ts";
import { groupedText, scaledText, table } from "../support/table.ts";

interface InspectFlags {
  readonly graph?: boolean;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export function addInspect(program: Command, session: Session): void {
  program
    .command("inspect")
    .summary("show layers, shapes, parameters and cost")
    .description("Shows layers, shapes, parameters, and per step FLOPs, bytes, kernels and buffers. Trains nothing.")
    .argument("<spec>", "a spec file")
    .addOption(new Option("--graph", "print the model as a Mermaid flowchart"))
    .addOption(setOption())
    .addOption(jsonOption("everything"))
    .action((spec: string, flags: InspectFlags) => session.run(flags, () => inspect(session, spec, flags)));
}

async function inspect(session: Session, spec: string, flags: InspectFlags): Promise<number> {
  const { compilation } = await compileSpec(session.terminal, spec, flags.set);
  if (flags.graph === true) {
    const drawing = mermaid(compilation.model);
    session.emit({ name: compilation.model.name, graph: drawing });
    if (!session.json) session.print(drawing);
    return EXIT.ok;
  }
  session.emit(facts(compilation));
  if (!session.json) session.print(text(compilation));
  return EXIT.ok;
}

function facts({ model, programs }: Compilation): object {
  return {
    name: model.name,
    batch_size: model.batchSize,
    inputs: model.inputs.map(({ name, role, shape, axes, dtype }) => ({ name, role, shape, axes, dtype })),
    layers: model.layers.map(({ name, kind, from, output, parameters }) => ({
      name,
      kind,
      from,
      shape: output.shape,
      axes: output.axes,
      parameters: count(parameters),
    })),
    losses: model.losses.map(({ kind, input, target, weight }) => ({ kind, input, target, weight })),
    optimizer: { kind: model.optimizer.kind, ...model.optimizer.config },
    outputs: model.outputs.map(({ name, shape }) => ({ name, shape: shape.shape, axes: shape.axes })),
    parameters: model.parameters.map(({ name, shape, frozen, layer }) => ({ name, shape, frozen, layer })),
    parameter_count: count(model.parameters),
    programs: {
      gpu: Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, programCost(program)])),
    },
  };
}

const PROGRAM_WORDS: Readonly<Record<ProgramName, string>> = {
  predict: "one batch predicted",
  evaluate: "one batch predicted and scored",
  gradients: "loss and gradients of one batch",
  train_step: "one training step",
};

function text({ model, programs }: Compilation): string {
  const { batchSize, inputs, layers, losses, optimizer, parameters, outputs } = model;
  const trainable = count(parameters.filter(({ frozen }) => !frozen));
  const total = count(parameters);
  const blocks = [
    [model.name, ...(model.description === undefined ? [] : [model.description])].join(": "),
    table(
      [
        ["layer", "kind", "reads", "shape", "parameters"],
        ...inputs.map((input) => [input.name, `${input.role}, ${input.dtype}`, "", legend(input, batchSize), ""]),
        ...layers.map(({ name, kind, from, output, parameters: own }) => [
          name,
          kind,
          from.join(", "),
          legend(output, batchSize),
          groupedText(count(own)),
        ]),
      ],
      { right: [4] },
    ),
    `${groupedText(total)} parameters${trainable === total ? "" : `, of which ${groupedText(trainable)} are trained`}`,
    table(
      [
        ["parameter", "shape", "numbers", ""],
        ...parameters.map(({ name, shape, frozen }) => [
          name,
          `[${shape.join(", ")}]`,
          groupedText(count([{ shape }])),
          frozen ? "frozen" : "",
        ]),
      ],
      { right: [2] },
    ),
    [
      ...losses.map(({ kind, input, target }) => `loss       ${kind} of ${input} and ${target}`),
      `optimizer  ${optimizer.kind}, learning rate ${String(optimizer.config["learning_rate"])}`,
      `outputs    ${outputs.map(({ name, shape }) => `${name} ${legend(shape, batchSize)}`).join(", ")}`,
    ].join("\n"),
    `cost on the gpu target, with ${String(batchSize)} examples in a batch`,
    table(
      [
        ["program", "FLOPs", "bytes moved", "kernels", "calls", "buffers", "memory", ""],
        ...Object.entries(programs).map(([name, program]) => {
          const cost = programCost(program);
          return [
            name,
            scaledText(cost.flops, ""),
            scaledText(cost.bytes, "B"),
            String(cost.kernels),
            groupedText(cost.calls),
            String(cost.buffers),
            scaledText(cost.memory, "B"),
            PROGRAM_WORDS[name as ProgramName],
          ];
        }),
      ],
      { right: [1, 2, 3, 4, 5, 6] },
    ),
  ];
  return blocks.join("\n\n");
}

function count(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((total, { shape }) => total + shape.reduce((product, length) => product * length, 1), 0);
}
