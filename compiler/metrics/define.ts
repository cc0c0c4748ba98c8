/** What a metric is to the compiler: its name, its meaning, and the targets it suits. The runtime computes it. */
export interface MetricDefinition {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  /** `real`: float32 targets; `class`: int32 targets. */
  readonly targets: "real" | "class";
  /** It compares with the last value before each window, which only a series has. */
  readonly needsSeries: boolean;
  /** It scores the levels of a quantile loss. */
  readonly needsQuantiles?: true;
}
