#!/usr/bin/env node
import { main } from "./program.ts";
import { EXIT, faultOf } from "./support/faults.ts";
import { OutputLoss } from "./support/output-loss.ts";
import { say } from "./support/terminal.ts";

const output = new OutputLoss();
let code: number = EXIT.ok;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  const goesOn = output.report(error);
  // A reader that has enough (`| head`) closes the pipe; that is no error of ours, and nothing is left to do.
  if (output.isClosed && !goesOn) process.exit(code);
});

// Nobody reads the progress any more (a closed pipe, a closed terminal, a full disk): the work goes on all the same.
process.stderr.on("error", () => undefined);

code = await main(process.argv.slice(2), { output });
// What was written last may still fail.
await new Promise((resolve) => process.stdout.write("", resolve));
const { mistake } = output;
if (mistake !== undefined) say(process.stderr, faultOf(mistake, process.env).text);
process.exitCode = mistake !== undefined && code === EXIT.ok ? EXIT.mistake : code;
