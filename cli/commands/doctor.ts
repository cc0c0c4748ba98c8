/** `specloom doctor`: can this machine train, and on what? */
import os from "node:os";
import type { Command } from "commander";
import { compilerVersion } from "../../compiler/emit/version.ts";
import { listBackends } from "@specloom/runtime/internal/devices/create";
import type { BackendFinding } from "@specloom/runtime/internal/devices/finding";
import { backendText } from "../support/backend-text.ts";
import { EXIT } from "../support/faults.ts";
import { jsonOption, quietOption } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { SCREEN_WIDTH, table, wrapped } from "../support/table.ts";
import { trialTraining, type Trial } from "../support/trial-training.ts";

interface DoctorFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addDoctor(program: Command, session: Session): void {
  program
    .command("doctor")
    .summary("check this machine and its backends")
    .description(
      "Shows the machine, tries every backend with a small known answer, and trains a small model for two seconds " +
        "(the first time its WebAssembly is assembled for that, which takes a few more).",
    )
    .addOption(jsonOption("the findings"))
    .addOption(quietOption())
    .action((flags: DoctorFlags) => session.run(flags, () => doctor(session)));
}

async function doctor(session: Session): Promise<number> {
  const { terminal } = session;
  const machine = {
    specloom: compilerVersion,
    node: process.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    processor: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memory_gib: Number((os.totalmem() / 2 ** 30).toFixed(1)),
  };
  session.print(
    [
      `specloom   ${machine.specloom}`,
      `Node       ${machine.node}`,
      `system     ${machine.system}`,
      `processor  ${machine.processor}, ${String(machine.cores)} cores`,
      `memory     ${String(machine.memory_gib)} GiB`,
    ].join("\n"),
  );
  session.note("trying the backends ...");
  const backends = await listBackends();
  session.print(`\n${backendTable(backends)}\n`);
  session.note("training for two seconds ...");
  const trial = await trialTraining(terminal.env, 2);
  session.print(trialText(trial));
  const healthy = trial.lossAfter < trial.lossBefore;
  session.emit({ ...machine, backends, training: trial, healthy });
  if (!healthy) session.print("The loss did not fall: training does not work on this machine. Try another backend.");
  return healthy ? EXIT.ok : EXIT.mistake;
}

function backendTable(findings: readonly BackendFinding[]): string {
  const rows = findings.map(({ backend, available, canary, adapter, details, software, reason, help }) => [
    backend,
    available ? "works" : "no",
    canary === null ? "-" : canary ? "right" : "WRONG",
    [adapter, details, software === true ? "software: it computes on the CPU" : null, reason, help]
      .filter((part) => part !== null)
      .join("; "),
  ]);
  const heading = ["backend", "here", "canary", "what it is, or why not"];
  return table([heading, ...rows], { indent: "", width: SCREEN_WIDTH });
}

function trialText({ steps, seconds, lossBefore, lossAfter, backend }: Trial): string {
  const result =
    `trained ${String(steps)} steps in ${seconds.toFixed(1)} s (${(steps / seconds).toFixed(0)} steps per second), ` +
    `loss ${lossBefore.toPrecision(3)} -> ${lossAfter.toPrecision(3)}`;
  return [wrapped(result), wrapped(`on ${backendText(backend)}`)].join("\n");
}
