/** `specloom inspect SPEC`: what a spec becomes, in numbers or as a drawing. */
import { Option, type Command } from "commander";
import { programOrder, wasmProgramOrder } from "../../compiler/code-text/program-order.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { legend } from "../../compiler/support/legend.ts";
import { moduleMemory, type ModuleMemory } from "../../compiler/targets/wasm/memory-report.ts";
import type { WasmSource } from "../../compiler/targets/wasm/target.ts";
import { printWasm } from "../../compiler/stages/8-print.ts";
import { programCost, type ProgramCost } from "../support/cost.ts";
import { mermaid } from "../support/drawing.ts";
import { EXIT } from "../support/faults.ts";
import { memoryMap, memoryText, tensorTable } from "../support/memory-text.ts";
import { Mistake } from "../support/mistake.ts";
import { jsonOption, setOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { compileSpec } from "../support/spec-file.ts";
import { groupedText, scaledText, table, wrapped } from "../support/table.ts";
import { wasmCost } from "../support/wasm-cost.ts";

type WasmProgramName = (typeof wasmProgramOrder)[number];

interface InspectFlags {
  readonly graph?: boolean;
  readonly memory?: boolean;
  readonly program: WasmProgramName;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export function addInspect(program: Command, session: Session): void {
  program
    .command("inspect")
    .summary("show layers, shapes, parameters, cost and memory")
    .description(
      "Shows layers, shapes, parameters, and of both targets FLOPs, kernels, buffers and memory. Trains nothing.",
    )
    .argument("<spec>", "a spec file")
    .addOption(new Option("--graph", "print the model as a Mermaid flowchart").conflicts("memory"))
    .addOption(new Option("--memory", "print where the wasm target keeps every tensor of a program, and when"))
    .addOption(
      new Option("--program <name>", "with --memory, whose tensors").choices(wasmProgramOrder).default("train_step"),
    )
    .addOption(setOption())
    .addOption(jsonOption("everything"))
    .action((spec: string, flags: InspectFlags) => session.run(flags, () => inspect(session, spec, flags)));
}

async function inspect(session: Session, spec: string, flags: InspectFlags): Promise<number> {
  const { compilation } = await compileSpec(session.terminal, spec, flags.set, {
    note: session.note,
  });
  if (flags.graph === true) {
    const drawing = mermaid(compilation.model);
    session.emit({ name: compilation.model.name, graph: drawing });
    if (!session.json) session.print(drawing);
    return EXIT.ok;
  }
  const source = printWasm(compilation);
  const memory = moduleMemory(source);
  if (flags.memory === true) {
    showMemory(session, compilation, memory, flags.program);
    return EXIT.ok;
  }
  session.emit(facts(compilation, source, memory));
  if (!session.json) session.print(text(compilation, source, memory));
  return EXIT.ok;
}

function showMemory(
  session: Session,
  { model: { name }, stream }: Compilation,
  memory: ModuleMemory,
  program: WasmProgramName,
): void {
  const own = memory.programs[program];
  if (own === undefined) throw noSuchProgram(name, program, stream);
  session.emit({ name, program, thread_bytes: memory.threadBytes, ...own });
  if (session.json) return;
  session.print(`${name}, ${program}: where its tensors lie and from which item to which, of ${String(own.items)}\n`);
  session.print(`${memoryMap(own)}\n`);
  session.print(tensorTable(own));
}

function noSuchProgram(name: string, program: WasmProgramName, stream: Compilation["stream"]): Mistake {
  return new Mistake({
    code: "no-such-program",
    message: `"${name}" has no program ${program}: ${whyNot(program, stream)}.`,
    help: `look at ${program === "accumulate" ? "train_step" : "predict"} instead.`,
  });
}

/** Of a program that not every model has. */
function whyNot(program: WasmProgramName, stream: Compilation["stream"]): string {
  if (program === "accumulate") return "its spec does not say train.accumulate";
  if (program === "predict_one") return "its batch has one example anyway";
  return "reason" in stream
    ? `it has no stream, as ${stream.reason}`
    : "no step of its stream needs anything beforehand";
}

function facts({ model, programs }: Compilation, source: WasmSource, memory: ModuleMemory): object {
  return {
    name: model.name,
    ...(model.description === undefined ? {} : { description: model.description }),
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
    parameters: model.parameters.map(({ name, shape, frozen, statistic, layer }) => ({
      name,
      shape,
      frozen,
      ...(statistic === undefined ? {} : { statistic }),
      layer,
    })),
    parameter_count: count(model.parameters),
    trained_parameter_count: count(model.parameters.filter(({ frozen }) => !frozen)),
    graph: mermaid(model),
    programs: {
      gpu: Object.fromEntries(gpuCosts(programs)),
      wasm: Object.fromEntries(Object.entries(source.programs).map(([name, plan]) => [name, wasmCost(plan)])),
    },
    memory: {
      planned: memory.planned,
      thread_bytes: memory.threadBytes,
      needed: memory.needed,
      programs: memory.programs,
    },
  };
}

function text({ model, programs }: Compilation, source: WasmSource, memory: ModuleMemory): string {
  const { batchSize, inputs, layers, losses, optimizer, parameters, outputs } = model;
  const trainable = count(parameters.filter(({ frozen }) => !frozen));
  const total = count(parameters);
  const blocks = [
    wrapped([model.name, ...(model.description === undefined ? [] : [model.description])].join(": ")),
    table(
      [
        ["layer", "kind", "reads", "shape", "numbers"],
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
        ...parameters.map(({ name, shape, frozen, statistic }) => [
          name,
          `[${shape.join(", ")}]`,
          groupedText(count([{ shape }])),
          statistic === undefined ? (frozen ? "frozen" : "") : "statistic",
        ]),
      ],
      { right: [2] },
    ),
    [
      ...losses.map(({ kind, input, target }) => `loss       ${kind} of ${input} and ${target}`),
      `optimizer  ${optimizer.kind}, learning rate ${String(optimizer.config["learning_rate"])}`,
      ...outputs.map(
        ({ name, shape }, index) => `${index === 0 ? "outputs  " : "         "}  ${name} ${legend(shape, batchSize)}`,
      ),
    ].join("\n"),
    `cost of a call, with ${String(batchSize)} examples in a batch`,
    table(
      [
        ["gpu target", "FLOPs", "bytes moved", "kernels", "calls", "buffers", "memory"],
        ...gpuCosts(programs).map(([name, cost]) => [
          name,
          scaledText(cost.flops, ""),
          scaledText(cost.bytes, "B"),
          String(cost.kernels),
          groupedText(cost.calls),
          String(cost.buffers),
          scaledText(cost.memory, "B"),
        ]),
      ],
      { right: [1, 2, 3, 4, 5, 6] },
    ),
    table(
      [
        ["wasm target", "matrix FLOPs", "products", "kernels", "calls", "buffers", "memory"],
        ...Object.entries(source.programs).map(([name, plan]) => {
          const cost = wasmCost(plan);
          return [
            name,
            scaledText(cost.flops, ""),
            String(cost.products),
            String(cost.kernels),
            groupedText(cost.calls),
            String(cost.buffers),
            scaledText(cost.memory, "B"),
          ];
        }),
      ],
      { right: [1, 2, 3, 4, 5, 6] },
    ),
    PROGRAM_WORDS,
    memoryText(memory),
  ];
  return blocks.join("\n\n");
}

const PROGRAM_WORDS = wrapped(
  "  predict: one batch; predict_one: one example; evaluate: one batch with its loss; gradients: those of one batch; " +
    "train_step: a whole training step. Matrix FLOPs leave out products that are too small to be worth packing.",
  { indent: "  " },
);

function gpuCosts(programs: Compilation["programs"]): [string, ProgramCost][] {
  return programOrder.flatMap((name): [string, ProgramCost][] => {
    const program = programs[name];
    return program === undefined ? [] : [[name, programCost(program)]];
  });
}

/** Statistics are no parameters here, as with PyTorch's buffers. */
function count(tensors: readonly { readonly shape: readonly number[]; readonly statistic?: string }[]): number {
  return tensors
    .filter(({ statistic }) => statistic === undefined)
    .reduce((total, { shape }) => total + shape.reduce((product, length) => product * length, 1), 0);
}
