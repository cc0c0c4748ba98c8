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
  /** What makes numbers like the target's of the output's; absent where they are so already. */
  readonly link?: LinkFact;
}

/** `softmax` over the last axis, of that size; `sigmoid` and `exp` of each number. */
export type LinkFact = { readonly kind: "sigmoid" | "exp" } | { readonly kind: "softmax"; readonly size: number };

export interface QuantilesFact {
  /** Of one target side by side: between 0 and 1, in the order of the output. */
  readonly levels: readonly number[];
  /** Position of the level that is the forecast, the median; absent where none is. */
  readonly median?: number;
}

/** How the model is trained, unless it is told otherwise. */
export interface TrainingFact {
  /** Passes over the training part, or updates. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  /** Of initial weights, the order of examples and dropout. */
  readonly seed: number;
  /** Whether the order of examples changes every epoch. */
  readonly shuffle: boolean;
  /** The longest norm of all gradients together; absent where it may be any. */
  readonly clipGradNorm?: number;
  /** Absent where training goes on to its end. */
  readonly earlyStopping?: EarlyStoppingFact;
}

export interface EarlyStoppingFact {
  /** Epochs without a better value that are let pass. */
  readonly patience: number;
  /** What is watched on the validation part: `loss`, or one of the metrics. */
  readonly metric: string;
  /** Whether the weights of the best epoch are kept, and not the last. */
  readonly restoreBest: boolean;
}

/** How `decode` searches for what a model says, unless it is told otherwise. */
export type DecodeFact = TokenDecodeFact | AlignmentDecodeFact;

/** Tokens one after the other, each read by the next step. */
export interface TokenDecodeFact extends SearchFact {
  readonly from: "tokens";
  /** The input that a step reads the token before from. */
  readonly input: string;
  /** The token before the first. */
  readonly bos: number;
  /** The token that ends a sequence. */
  readonly eos: number;
  /** True: in whole sequences the model puts `bos` in front by itself, so that the input begins with the first token. */
  readonly putsBos: boolean;
  /** alpha of ((5 + length) / 6)^alpha, by which log-probabilities are divided. */
  readonly lengthPenalty: number;
  readonly maxLength: number;
  /** Outputs that do not depend on the tokens, such as an encoder's: what `predict` gives of them is the same for any. */
  readonly independent: readonly string[];
}

/** Labels, collapsed from one per step. */
export interface AlignmentDecodeFact extends SearchFact {
  readonly from: "alignment";
  /** The class between labels. */
  readonly blank: number;
}

interface SearchFact {
  readonly kind: "greedy" | "beam";
  /** The output that holds the logits. */
  readonly output: string;
  readonly beamSize: number;
  readonly nBest: number;
  /** Inputs that it depends on, without the tokens that are decoded: no other has to be given. */
  readonly needs: readonly string[];
}
