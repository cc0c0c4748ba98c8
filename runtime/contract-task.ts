/** What a model is trained for, and how what it says is to be read: a part of the contract. */

/** A loss: what is compared, and what the compared output holds. */
export interface LossFact extends LossReading {
  /** The output of a layer. */
  readonly input: string;
  /** The input of the model that holds the truth. */
  readonly target: string;
  /** `mean`: the value is divided by what the loss counts, so that batches weigh by that. `sum`: values add up. */
  readonly reduction: "mean" | "sum";
}

/** How the output that a loss reads relates to its target; empty where it is one number for each of the target's. */
export interface LossReading {
  /** The last axis holds a score per class: the largest is the class. */
  readonly classes?: true;
  /** Of class numbers: the one that counts for nothing where the target holds it. */
  readonly ignored?: number;
  /** By how much the labels are smoothed; absent where they are not. */
  readonly labelSmoothing?: number;
  /** The last axis holds quantiles. */
  readonly quantiles?: QuantilesFact;
}

export interface QuantilesFact {
  /** Of one target side by side: between 0 and 1, in the order of the output. */
  readonly levels: readonly number[];
  /** Position of the level that is the forecast, the median; absent where none is. */
  readonly median?: number;
}
