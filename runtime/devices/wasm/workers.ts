/** Threads of the wasm target: workers that run the same instance code on the same memory. */
import { isNode } from "../adapter.ts";
import { messageOf } from "../failure.ts";
import { nodeModule, type NodeWorker } from "../node.ts";
import { threadsNeed } from "../policy.ts";
import { browserWorkerSource, nodeWorkerSource } from "./worker-source.ts";

/** What a worker gets: the compiled module, the memory all share, and which thread of how many it is. */
interface Order {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
  readonly count: number;
}

/** One worker, Node's or a browser's. */
interface Hand {
  /** Fails with the reason when it does not get ready. */
  readonly ready: Promise<void>;
  /** Lets the process end although this worker waits for work. */
  readonly release: () => void;
  readonly terminate: () => Promise<void>;
}

export interface Crew {
  /** Why the crew cannot work any more; undefined while it can. */
  readonly failure: () => string | undefined;
  readonly end: () => Promise<void>;
}

const LONGEST_START = 10_000;

/**
 * Starts the threads 1 to `count` - 1; thread 0 is the caller. When it returns, each has entered.
 *
 * @throws Error saying why, when they do not all start within ten seconds; none is left then
 */
export async function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
  longestStart = LONGEST_START,
): Promise<Crew> {
  let failure: string | undefined;
  let ending = false;
  const onFailure = (reason: string): void => {
    if (!ending) failure ??= reason;
  };
  const hands: Hand[] = [];
  const end = async (): Promise<void> => {
    ending = true;
    await Promise.all(hands.map((hand) => hand.terminate()));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const start = isNode() ? await nodeHands() : browserHand;
    for (let index = 1; index < count; index += 1) hands.push(start({ module, memory, index, count }, onFailure));
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`they did not start within ${String(longestStart / 1000)} seconds`));
      }, longestStart);
    });
    await Promise.race([Promise.all(hands.map((hand) => hand.ready)), late]);
    for (const hand of hands) hand.release();
  } catch (error) {
    await end();
    throw new Error(messageOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return { failure: () => failure, end };
}

type Start = (order: Order, onFailure: (reason: string) => void) => Hand;

async function nodeHands(): Promise<Start> {
  const { Worker } = await nodeModule("worker_threads");
  return (order, onFailure) => {
    // Without the flags of this process: they may load tools that a worker has no use for.
    const worker: NodeWorker = new Worker(nodeWorkerSource, { eval: true, workerData: order, execArgv: [] });
    const ready = new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        onFailure(reason);
        reject(new Error(reason));
      };
      worker.on("message", settle(resolve, fail));
      worker.on("error", (error) => {
        fail(messageOf(error));
      });
      worker.on("exit", () => {
        fail("a worker ended");
      });
    });
    return {
      ready: quiet(ready),
      release: () => {
        worker.unref();
      },
      terminate: async () => void (await worker.terminate()),
    };
  };
}

const browserHand: Start = (order, onFailure) => {
  const url = URL.createObjectURL(new Blob([browserWorkerSource], { type: "text/javascript" }));
  try {
    const worker = new Worker(url, { type: "module" });
    const ready = new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        onFailure(reason);
        reject(new Error(reason));
      };
      const told = settle(resolve, fail);
      worker.addEventListener("message", ({ data }) => {
        told(data);
      });
      worker.addEventListener("error", (event) => {
        // An error in the worker comes with its message; a worker that was never made does not.
        const { message } = event as Partial<ErrorEvent>;
        fail(message === undefined || message === "" ? `the page does not allow workers (${threadsNeed})` : message);
      });
    });
    // A worker that has started has read its source.
    const forget = (): void => {
      URL.revokeObjectURL(url);
    };
    ready.then(forget, forget);
    worker.postMessage(order);
    return {
      ready,
      release: () => undefined,
      terminate: () => {
        worker.terminate();
        return Promise.resolve();
      },
    };
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
};

/** What a worker's first message means. */
function settle(resolve: () => void, fail: (reason: string) => void): (message: unknown) => void {
  return (message) => {
    const { failure } = message as { readonly failure?: string };
    if (failure === undefined) resolve();
    else fail(failure);
  };
}

/** The same promise, whose failure may come when nobody waits for it any more. */
function quiet(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
