/** The keys of `decode`: how the tokens of a prediction are searched. */
import type { Keys } from "../keys/define.ts";
import { mostBeams } from "../keys/limits.ts";

export const decodeKeys = {
  kind: {
    type: "string",
    enum: ["greedy", "beam"],
    default: "greedy",
    description: "greedy: the likeliest token at each step. beam: the likeliest of several sequences.",
  },
  beam_size: { type: "integer", minimum: 1, maximum: mostBeams, default: 5, description: "Sequences that beam search keeps." },
  length_penalty: {
    type: "number",
    minimum: 0,
    default: 0,
    description: "alpha: log-probabilities are divided by ((5 + length) / 6)^alpha, so that long sequences are not at a disadvantage.",
  },
  max_length: {
    type: "integer",
    minimum: 1,
    optional: true,
    description: "Most tokens; default twice the steps of input. A cache of keys and values has room for as many as input has steps.",
  },
  n_best: { type: "integer", minimum: 1, maximum: mostBeams, default: 1, description: "Sequences that beam search gives, best first; at most beam_size." },
  input: {
    type: "string",
    optional: true,
    description: "The input that reads the token before; default the target of the decoder layer.",
  },
  output: {
    type: "string",
    optional: true,
    description:
      "The layer that gives the logits of the next token, default the decoder layer; or the one whose labels a ctc loss has trained.",
  },
  bos: { type: "integer", minimum: 0, optional: true, description: "The token before the first; default the decoder's, else 2." },
  eos: { type: "integer", minimum: 0, default: 3, description: "The token that ends a sequence." },
} satisfies Keys;

/** Those that say how tokens are written one after the other, which a ctc loss has no use for. */
export const tokenKeys = ["input", "output", "bos", "eos", "max_length", "length_penalty"] as const;
