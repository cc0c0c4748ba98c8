/** Node's own modules, by a way that bundlers for browsers do not follow. */

/** The parts that are used. */
interface NodeModules {
  readonly v8: { readonly setFlagsFromString: (flags: string) => void };
  readonly os: { readonly availableParallelism: () => number };
  readonly worker_threads: { readonly Worker: NodeWorkerConstructor };
}

type NodeWorkerConstructor = new (
  source: string,
  options: { readonly eval: true; readonly workerData: unknown; readonly execArgv: readonly string[] },
) => NodeWorker;

export interface NodeWorker {
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export async function nodeModule<Name extends keyof NodeModules>(name: Name): Promise<NodeModules[Name]> {
  const specifier = ["node", name].join(":");
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as NodeModules[Name];
}
