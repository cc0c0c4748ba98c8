import { describe, expect, it } from "vitest";
import { didYouMean, suggestions } from "../../../compiler/diagnostics/suggest.ts";
import { editDistance, listOfNames } from "../../../runtime/shared/suggest.ts";

describe("edit distance", () => {
  it.each([
    ["lstm", "lstm", 0],
    ["LSTM", "lstm", 1],
    ["lstmm", "lstm", 1],
    ["lsmt", "lstm", 1],
    ["kitten", "sitting", 3],
    ["", "abc", 3],
  ])("of %s and %s is %i", (left, right, distance) => {
    expect(editDistance(left, right, 10)).toBe(distance);
  });

  it("stops early beyond the threshold", () => {
    expect(editDistance("a".repeat(5000), "b".repeat(5000), 2)).toBe(3);
    expect(editDistance("short", "something else altogether", 2)).toBe(3);
  });
});

describe("suggestions", () => {
  it("gives only the nearest", () => {
    expect(suggestions("Adam", ["sgd", "adam", "adamw"])).toEqual(["adam"]);
    expect(suggestions("windw", ["kind", "window"])).toEqual(["window"]);
    expect(suggestions("transformer", ["lstm", "linear"])).toEqual([]);
  });

  it("knows what other libraries call the same thing", () => {
    expect(suggestions("lr", ["kind", "learning_rate", "eps"])).toEqual(["learning_rate"]);
    expect(suggestions("units", ["hidden_size", "bias"])).toEqual(["hidden_size"]);
    expect(suggestions("dim_feedforward", ["num_heads", "ff_size"])).toEqual(["ff_size"]);
    expect(suggestions("units", ["kind", "p"])).toEqual([]);
    expect(suggestions("constructor", ["kind"])).toEqual([]);
  });

  it("asks and lists", () => {
    expect(didYouMean("mea", ["mae", "rmse"], "metrics")).toBe('did you mean "mae"? Known metrics: mae, rmse.');
    expect(didYouMean("zzz", ["mae"], "metrics")).toBe("known metrics: mae.");
    expect(didYouMean("zzz", [], "metrics")).toBe("there are no metrics here.");
  });

  it("lists so many names as a reader takes in", () => {
    const names = Array.from({ length: 43 }, (_, index) => `layer_${index}`);
    expect(listOfNames(names.slice(0, 40))).toBe(names.slice(0, 40).join(", "));
    expect(listOfNames(names)).toBe(`${names.slice(0, 40).join(", ")} and 3 more`);
  });
});
