import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectFiles, projectRoot } from "../../../../cli/data/files.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "specloom-files-"));
  mkdirSync(path.join(folder, "project/specs/data"), { recursive: true });
  writeFileSync(path.join(folder, "project/package.json"), "{}");
  writeFileSync(path.join(folder, "project/shared.csv"), "inside");
  writeFileSync(path.join(folder, "secret.csv"), "outside");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("projectFiles", () => {
  const files = (): ReturnType<typeof projectFiles> =>
    projectFiles({ directory: path.join(folder, "project/specs"), from: folder });
  const code = (file: string): Promise<unknown> =>
    files()
      .read(file)
      .then(
        (bytes) => new TextDecoder().decode(bytes),
        (error: unknown) => (error as { readonly code?: string }).code,
      );

  it("reads relative to the spec, up to the project's root", async () => {
    expect(await code("../shared.csv")).toBe("inside");
    expect(files().display?.("../shared.csv")).toBe(path.join("project", "shared.csv"));
  });

  it("refuses what lies outside, named or linked, whether it exists or not", async () => {
    symlinkSync(path.join(folder, "secret.csv"), path.join(folder, "project/specs/link.csv"));
    symlinkSync(folder, path.join(folder, "project/specs/up"));
    expect(await code("../../secret.csv")).toBe("data-file-outside");
    expect(await code("../../nothing.csv")).toBe("data-file-outside");
    expect(await code(path.join(folder, "secret.csv"))).toBe("data-file-outside");
    expect(await code("link.csv")).toBe("data-file-outside");
    expect(await code("up/secret.csv")).toBe("data-file-outside");
  });

  it("tells a link inside the project, a folder, a missing file and a circle apart", async () => {
    symlinkSync("../shared.csv", path.join(folder, "project/specs/link.csv"));
    symlinkSync("circle.csv", path.join(folder, "project/specs/circle.csv"));
    expect(await code("link.csv")).toBe("inside");
    expect(await code("data")).toBe("data-file-directory");
    expect(await code("data/none.csv")).toBe("data-file-missing");
    expect(await code("link.csv/none.csv")).toBe("data-file-missing");
    expect(await code("circle.csv")).toBe("data-file-unreadable");
  });
});

describe("projectRoot", () => {
  it("is the nearest package.json or .git, else the current folder, else the spec's", () => {
    expect(projectRoot(path.join(folder, "project/specs"))).toBe(path.join(folder, "project"));
    mkdirSync(path.join(folder, "bare/specs"), { recursive: true });
    expect(projectRoot(path.join(folder, "bare/specs"), path.join(folder, "bare"))).toBe(path.join(folder, "bare"));
    expect(projectRoot(path.join(folder, "bare/specs"), path.join(folder, "project"))).toBe(
      path.join(folder, "bare/specs"),
    );
  });
});
