/**
 * What a worker of the wasm target runs, as text: it is started from a string, so that a bundler need not know of it and a
 * page need not serve a file. The worker says `{}` when it is ready, `{ failure }` when it cannot be.
 */
const begin = `
function begin({ module, memory, index, count }, say) {
  let exports;
  try {
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    exports.enter(index, count);
  } catch (error) {
    say({ failure: String(error) });
    return;
  }
  say({});
  exports.work();
}`;

/** A CommonJS script for `worker_threads`. */
export const nodeWorkerSource = `"use strict";${begin}
const { parentPort, workerData } = require("node:worker_threads");
begin(workerData, (message) => parentPort.postMessage(message));
`;

/** A module for a browser's worker, which gets its orders with the first message. */
export const browserWorkerSource = `${begin}
addEventListener("message", ({ data }) => begin(data, (message) => postMessage(message)), { once: true });
`;
