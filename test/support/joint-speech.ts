/** Speech recognition as it is usually trained: frames that a ctc loss and a decoder with attention read together. */

export const speech = { frames: 6, vocabulary: 6, tokens: 3, eos: 3, blank: 0 } as const;

/** @param further keys of the spec: outputs, decode */
export function jointSpec(further: string, layers = ""): string {
  return `specloom: 1
data: { kind: tensors, file: joint.json }
inputs:
  frames: { shape: [6, 2], lengths: true }
  label: { shape: [2], dtype: int32, vocabulary: 6, lengths: true }
  tokens: { shape: [3], dtype: int32, vocabulary: 6, lengths: true }
layers:
  - { name: encoder, kind: gru, from: frames, hidden_size: 4 }
  - { name: ctc_logits, kind: linear, out_features: 6, from: encoder }
  - name: decoder
    kind: decoder
    from: encoder
    target: tokens
    cell: { kind: gru, hidden_size: 4 }
    embedding_dim: 3
    attention: {}
    initial_state: encoder
${layers}loss:
  - { kind: ctc, input: ctc_logits, target: label, weight: 0.3 }
  - { kind: cross_entropy, input: decoder, target: tokens, weight: 0.7 }
optimizer: { kind: adam, learning_rate: 0.02 }
train: { epochs: 3, batch_size: 2 }
${further}
`;
}

export const trainingFile = {
  frames: [
    [
      [0, 1],
      [1, 0],
      [0.5, 0.5],
      [1, 1],
      [0, 0],
      [0.2, 0.3],
    ],
    [
      [1, 1],
      [1, 0],
      [0, 1],
      [0.1, 1],
      [0.7, 0.2],
      [0, 0],
    ],
  ],
  "frames.lengths": [6, 5],
  label: [
    [4, 5],
    [5, 4],
  ],
  "label.lengths": [2, 1],
  tokens: [
    [4, 5, 3],
    [5, 3, 0],
  ],
  "tokens.lengths": [3, 2],
} as const;

export const heard = { frames: trainingFile.frames, "frames.lengths": trainingFile["frames.lengths"] } as const;
