import { describe, expect, it } from "vitest";
import { asTyped, calledAs } from "../../../cli/support/called-as.ts";

const call = (script: string, env: Record<string, string> = {}): string =>
  calledAs({
    argv: ["/usr/bin/node", script],
    env: { PATH: "/usr/bin:/usr/local/bin", ...env },
    cwd: "/home/me/project",
  });

describe("what a user types for specloom", () => {
  it.each([
    ["/usr/local/bin/specloom", {}, "specloom"],
    ["/home/me/project/node_modules/.bin/specloom", {}, "npx specloom"],
    ["/home/me/project/node_modules/.bin/specloom", { npm_command: "exec" }, "npx specloom"],
    ["/home/me/project/node_modules/.bin/specloom", { npm_lifecycle_event: "train" }, "npx specloom"],
    ["/home/me/project/node_modules/.bin/specloom", { PATH: "/bin:/home/me/project/node_modules/.bin" }, "specloom"],
    ["/home/me/project/dist/cli/main.js", {}, "node dist/cli/main.js"],
    ["/home/me/other/dist/cli/main.js", {}, "node /home/me/other/dist/cli/main.js"],
    ["/home/me/project/my clone/main.js", {}, 'node "my clone/main.js"'],
    ["", {}, "specloom"],
  ])("of %s with %o", (script, env, expected) => {
    expect(call(script, env)).toBe(expected);
  });

  it("stands in every command of a message, and nowhere else", () => {
    const text = "specloom 0.1: train it with `specloom run a.yaml`, or see `specloom --help` in `my specloom run`";
    expect(asTyped(text, "npx specloom")).toBe(
      "specloom 0.1: train it with `npx specloom run a.yaml`, or see `npx specloom --help` in `my specloom run`",
    );
    expect(asTyped("`specloom run`", "node $& $1.js")).toBe("`node $& $1.js run`");
  });
});
