/** What PyTorch, Keras and Hugging Face call the same thing: spec keys by the names that their users may write instead. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
const namesOf: Readonly<Record<string, readonly string[]>> = {
  learning_rate: ["lr", "base_lr", "max_lr"],
  max_rate: ["max_lr"],
  hidden_size: ["units", "hidden_dim", "hidden", "hidden_units", "d_hidden"],
  out_features: ["units", "out_dim", "output_size", "output_dim", "features", "size"],
  out_channels: ["filters", "channels"],
  embedding_dim: ["embed_dim", "embedding_size", "d_model", "dim", "output_dim"],
  vocabulary: ["num_embeddings", "vocab_size", "vocabulary_size", "input_dim", "num_classes"],
  num_heads: ["nhead", "n_heads", "heads", "n_head"],
  ff_size: ["dim_feedforward", "d_ff", "ffn_dim", "intermediate_size", "mlp_dim"],
  num_layers: ["layers", "n_layers", "depth"],
  norm: ["norm_first", "pre_norm"],
  layer_norm_eps: ["eps", "epsilon"],
  eps: ["epsilon"],
  p: ["rate", "dropout", "dropout_rate", "prob"],
  dropout: ["dropout_rate", "p", "rate"],
  kernel_size: ["kernel", "kernel_width", "pool_size"],
  stride: ["strides"],
  dilation: ["dilation_rate"],
  causal: ["is_causal", "use_causal_mask"],
  return: ["return_sequences", "return_state"],
  class_weight: ["weight", "weights", "pos_weight"],
  label_smoothing: ["smoothing"],
  ignore_index: ["padding_idx", "ignore_class"],
  levels: ["quantiles", "q", "tau"],
  weight_decay: ["decay", "l2"],
  betas: ["beta_1", "beta_2", "beta1", "beta2"],
  clip_grad_norm: ["max_norm", "max_grad_norm", "gradient_clip_val", "clipnorm", "grad_clip"],
  clip_grad_value: ["clip_value", "clipvalue"],
  accumulate: ["gradient_accumulation_steps", "accumulate_grad_batches"],
  average: ["ema", "swa"],
  batch_size: ["batch"],
  seed: ["random_state", "random_seed"],
  warmup_steps: ["warmup", "num_warmup_steps"],
  beam_size: ["num_beams", "beams", "beam_width"],
  max_length: ["max_len", "max_new_tokens"],
  bidirectional: ["bidir"],
  function: ["activation", "name"],
};

/** The known names that mean what `input` means elsewhere. */
export function synonymsOf(input: string, known: readonly string[]): readonly string[] {
  return known.filter((name) => memberOf(namesOf, name)?.includes(input.toLowerCase()) === true);
}
