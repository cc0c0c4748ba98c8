/** What the decoder layer and its shape rule share: the config, its cell, and the sizes that follow. */
import type { LayerDefinition } from "./define.ts";
import { gru } from "./gru.ts";
import { lstm } from "./lstm.ts";
import { rnn } from "./rnn.ts";
import type { ScoreConfig, ScoreName } from "./scores.ts";

export const cells: readonly LayerDefinition[] = [lstm, gru, rnn];

export interface DecoderConfig {
  readonly target: string;
  readonly cell: { readonly kind?: string; readonly hidden_size: number; readonly num_layers?: number };
  readonly embedding_dim: number;
  readonly initial_state?: string | readonly string[];
  readonly attention?: { readonly score?: ScoreName; readonly over?: string; readonly attention_size?: number };
  readonly input_feeding: boolean;
  readonly bos: number;
  readonly padding_idx?: number;
}

/** Without attention the cell starts from what the layer reads. */
export function startOf({ initial_state, attention: chosen }: DecoderConfig, from: readonly string[]) {
  return initial_state ?? (chosen === undefined ? from[0] : undefined);
}

export function cellOf({ cell }: DecoderConfig): { readonly definition: LayerDefinition; readonly config: object } {
  const definition = cells.find(({ kind }) => kind === (cell.kind ?? "lstm")) as LayerDefinition;
  const config = {
    hidden_size: cell.hidden_size,
    num_layers: cell.num_layers ?? 1,
    bidirectional: false,
    dropout: 0,
    bias: true,
    return: "sequence",
    ...(cell.kind === "rnn" ? { nonlinearity: "tanh" } : {}),
  };
  return { definition, config };
}

export function scoreOf({ attention: chosen, cell }: DecoderConfig): Required<ScoreConfig> {
  const score = chosen?.score ?? "dot";
  return { score, attention_size: chosen?.attention_size ?? cell.hidden_size };
}

/** Size of what the logits are made of, where that is h of Luong's order or the state. */
export function outputSize({ attention: chosen, cell }: DecoderConfig): number {
  return chosen === undefined ? cell.hidden_size : (chosen.attention_size ?? cell.hidden_size);
}
