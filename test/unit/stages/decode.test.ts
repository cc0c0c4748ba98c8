/** What of a model is decoded: the labels of a ctc loss or the tokens of a decoder, as `decode` and `outputs` say. */
import { stringify } from "yaml";
import { describe, expect, it } from "vitest";
import { noSequenceFacts } from "../../../compiler/stages/4-build/sequence-facts.ts";
import { check } from "../../../compiler/compile.ts";
import { inputFacts, outputFacts } from "../../../compiler/emit/facts.ts";
import { jointSpec } from "../../support/joint-speech.ts";

const checked = (further: string, layers?: string) => check({ file: "joint.yaml", text: jointSpec(further, layers) });

const messages = (further: string, layers?: string): readonly string[] =>
  checked(further, layers).diagnostics.map(({ message, help }) => `${message} ${help ?? ""}`);

const labels = { from: "alignment", output: "ctc_logits", blank: 0, needs: ["frames"] };
const tokens = { from: "tokens", output: "decoder", input: "tokens", needs: ["frames"], bos: 2, eos: 3, putsBos: true };

describe("a model with a ctc loss and a decoder", () => {
  it.each([
    ["labels, where nothing else is said", "", labels],
    ["labels, where their logits are put out", "outputs: [decoder, ctc_logits]", labels],
    ["labels by name", "decode: { output: ctc_logits }", labels],
    ["labels with a beam", "decode: { kind: beam, beam_size: 7 }", { ...labels, kind: "beam", beamSize: 7 }],
    ["tokens, where no logits of labels are put out", "outputs: [decoder]", tokens],
    ["tokens by both names", "decode: { input: tokens, output: decoder }", tokens],
    ["tokens by the decoder", "decode: { output: decoder, length_penalty: 0.5 }", { ...tokens, lengthPenalty: 0.5 }],
    ["tokens by their input", "decode: { input: tokens, kind: beam }", { ...tokens, kind: "beam" }],
    ["tokens that no output has", "decode: { output: decoder }\noutputs: [ctc_logits]", tokens],
  ])("is decoded to %s", (_, further, expected) => {
    const { model } = checked(further);
    expect(model?.decode).toMatchObject(expected);
    // The resolved spec says the same once more.
    const again = check({ file: "joint.yaml", text: stringify(model?.spec) });
    expect(again.diagnostics).toEqual([]);
    expect(again.model?.decode).toEqual(model?.decode);
    expect(again.model?.spec).toEqual(model?.spec);
  });

  it.each([
    [
      "decode: { kind: beam, length_penalty: 0.6 }",
      /"length_penalty" of decode is 0\.6; expected: not given.*output: decoder/,
    ],
    ["decode: { output: ctc_logits, eos: 4 }", /"eos" of decode is 4; expected: not given/],
    ["decode: { output: encoder }", /"input" of decode is not given|"output" of decode is "encoder"/],
    ["decode: { input: frames, output: decoder }", /"input" of decode is "frames"/],
    ["decode: { input: label, output: decoder }", /does not depend on them/],
    ["decode: { kind: greedy }\noutputs: [decoder]", /"ctc_logits" among the outputs/],
  ])("says what cannot be decoded: %s", (further, expected) => {
    const found = messages(further);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it("asks in predictions only for what outputs depend on", () => {
    const facts = (further: string) => {
      const { model } = checked(further);
      if (model === undefined) throw new Error("the spec is wrong");
      const predicted = inputFacts(model, noSequenceFacts).filter(
        (one) => one.role === "input" && one.trainingOnly !== true,
      );
      const needs = outputFacts(model, noSequenceFacts).map((output) => [output.name, output.needs ?? "all"]);
      return { predicted: predicted.map(({ name }) => name), needs: Object.fromEntries(needs) as object };
    };
    expect(facts("outputs: [ctc_logits]")).toEqual({ predicted: ["frames"], needs: { ctc_logits: "all" } });
    expect(facts("outputs: [ctc_logits, decoder.attention, encoder.final_state]")).toEqual({
      predicted: ["frames", "tokens"],
      needs: { ctc_logits: ["frames"], "decoder.attention": "all", "encoder.final_state": ["frames"] },
    });
  });

  it("of several ctc losses decodes the one that is named", () => {
    const second = "  - { name: coarse, kind: linear, out_features: 6, from: encoder }\n";
    const spec = (further: string) => {
      const text = jointSpec(further, second);
      const more = "  - { kind: ctc, input: coarse, target: label }\noptimizer";
      return check({ file: "joint.yaml", text: text.replace("optimizer", more) });
    };
    expect(spec("").model?.decode).toBeUndefined();
    expect(spec("decode: { output: coarse }").model?.decode).toMatchObject({ ...labels, output: "coarse" });
    expect(spec("decode: { output: decoder }").model?.decode).toMatchObject(tokens);
    expect(spec("decode: { kind: beam }").diagnostics.map(({ message, help }) => `${message} ${help ?? ""}`)).toEqual([
      expect.stringMatching(/several ctc losses.*"ctc_logits" or "coarse"/),
    ]);
  });
});
