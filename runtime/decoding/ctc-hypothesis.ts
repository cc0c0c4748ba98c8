/** Labels read from a model trained with connectionist temporal classification, and how likely they are. */
export interface CtcHypothesis {
  readonly tokens: readonly number[];
  /** Natural logarithm of its probability, as far as the search has seen it. */
  readonly score: number;
}
