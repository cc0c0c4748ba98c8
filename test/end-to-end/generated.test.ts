/** The committed modules are what their specs compile to now: same spec, same bytes. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { specloom } from "../support/command-line.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const specs = readdirSync(new URL("../../specs/", import.meta.url)).filter((file) => file.endsWith(".yaml"));

it.each(specs)("%s has a fresh module", async (spec) => {
  const { code, err } = await specloom(["compile", `specs/${spec}`, "--check"], { cwd: root });
  expect(err).not.toContain("error");
  expect(code).toBe(0);
});
