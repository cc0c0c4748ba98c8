/** Which tests `npm run test:all` repeats: those that are others there, and no more. */
import { describe, expect, it } from "vitest";
import { filesByExtent } from "../../support/extent-files.ts";

describe("filesByExtent", () => {
  const files = filesByExtent();

  it.each([
    "test/numeric/wasm/layers.test.ts",
    "test/numeric/pytorch/attention.test.ts",
    "test/property/random-specs/part-1.test.ts",
    "test/unit/runtime/devices/gpu.test.ts",
  ])("has %s, which goes further or on other backends", (file) => {
    expect(files).toContain(file);
  });

  it.each(["test/end-to-end/train.test.ts", "test/numeric/streams.test.ts", "test/unit/cli/arguments.test.ts"])(
    "leaves out %s, which is the same in npm test",
    (file) => {
      expect(files).not.toContain(file);
    },
  );

  it("has none that needs a browser", () => {
    expect(files.filter((file) => file.startsWith("test/browser/"))).toEqual([]);
  });
});
