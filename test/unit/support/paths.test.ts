import { describe, expect, it } from "vitest";
import {
  directoryOf,
  isAbsolute,
  isInside,
  joinPath,
  normalizePath,
  relativePath,
  stemOf,
} from "../../../compiler/support/paths.ts";

describe("paths as text", () => {
  it.each([
    ["a/./b/../c", "a/c"],
    ["a\\b", "a/b"],
    ["../a/../../b", "../../b"],
    ["/a/../../b", "/b"],
    ["", ""],
    ["./", ""],
  ])("normalizes %s to %s", (path, normal) => {
    expect(normalizePath(path)).toBe(normal);
  });

  it.each(["/etc", "\\share", "C:\\x", "c:x", "~/x"])("knows that %s is absolute", (path) => {
    expect(isAbsolute(path)).toBe(true);
  });

  it.each([
    ["a/b", "a", true],
    ["a", "a", true],
    ["ab", "a", false],
    ["a/../b", "a", false],
    ["b", "", true],
    ["../b", "", false],
    ["/p/x", "/p", true],
    ["/px", "/p", false],
    ["/x", "/", true],
  ])("isInside(%s, %s) is %s", (path, directory, inside) => {
    expect(isInside(path, directory)).toBe(inside);
  });

  it("joins, splits and relates", () => {
    expect(joinPath("specs", "../data/x.csv")).toBe("data/x.csv");
    expect(joinPath("", "x")).toBe("x");
    expect(directoryOf("specs/a.yaml")).toBe("specs");
    expect(directoryOf("a.yaml")).toBe("");
    expect(directoryOf("/a.yaml")).toBe("/");
    expect(stemOf("specs\\next-number.yaml")).toBe("next-number");
    expect(stemOf(".yaml")).toBe(".yaml");
    expect(relativePath("a/b", "a/c")).toBe("../c");
    expect(relativePath("a", "a")).toBe("");
  });
});
