/** Programs with outside names of their own, so that many fit into one WebAssembly module. */
import type { Buffer, Program } from "../../compiler/ir/program.ts";

export function prefixed(program: Program, prefix: string): Program {
  const renamed = new Map<Buffer, Buffer>();
  const rename = (buffer: Buffer): Buffer => {
    const known = renamed.get(buffer) ?? {
      ...buffer,
      ...(buffer.external === undefined ? {} : { external: `${prefix}${buffer.external}` }),
    };
    renamed.set(buffer, known);
    return known;
  };
  const steps = (list: Program["schedule"]): Program["schedule"] =>
    list.map((step) =>
      step.kind === "loop"
        ? { ...step, body: steps(step.body) }
        : {
            ...step,
            inputs: step.inputs.map((access) => ({ ...access, buffer: rename(access.buffer) })),
            output: { ...step.output, buffer: rename(step.output.buffer) },
          },
    );
  return {
    ...program,
    buffers: program.buffers.map(rename),
    schedule: steps(program.schedule),
    results: program.results.map(({ name, buffer }) => ({ name: `${prefix}${name}`, buffer: rename(buffer) })),
  };
}
