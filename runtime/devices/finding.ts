/** What `specloom doctor` shows of one backend. */
export interface BackendFinding {
  readonly backend: string;
  readonly available: boolean;
  /** True for renderers that compute on the CPU; null where no adapter is involved or none was found. */
  readonly software: boolean | null;
  readonly adapter: string | null;
  /** Whether the test at the start gave the right numbers; null where it could not run. */
  readonly canary: boolean | null;
  /** What the engine offers it, where that differs between engines; else null. */
  readonly details: string | null;
  /** Why it is not available; null where it is. */
  readonly reason: string | null;
  readonly help: string | null;
}
