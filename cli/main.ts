#!/usr/bin/env node
import { main } from "./program.ts";

// A reader that has enough (`| head`) closes the pipe; that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 70);
});

// Nobody reads the progress any more: the work goes on all the same.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exit(70);
});

process.exitCode = await main(process.argv.slice(2));
