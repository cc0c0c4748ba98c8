/** schema/specloom-1.json is what the tables say. UPDATE_FIXTURES=1 writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { layers } from "../../../compiler/layers/index.ts";
import { losses } from "../../../compiler/losses/index.ts";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { publishedSchema, publishedSchemaText, specSchema } from "../../../compiler/schema/assemble.ts";

const file = new URL("../../../schema/specloom-1.json", import.meta.url);
if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(file, publishedSchemaText());

const minimal = {
  specloom: 1,
  data: { kind: "series", file: "a.csv", columns: ["a"], window: 2 },
  layers: [{ kind: "linear", out_features: 1 }],
  loss: { kind: "mse", input: "linear_1", target: "next" },
  optimizer: { kind: "adam" },
};

describe("the published schema", () => {
  it("is fresh", () => {
    expect(readFileSync(file, "utf8")).toBe(publishedSchemaText());
  });

  it("is valid in ajv's strict mode and accepts a minimal spec", () => {
    // Plain: what an editor knows, without OpenAPI's `discriminator`.
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(publishedSchema());
    expect(validate(minimal)).toBe(true);
    expect(validate({ ...minimal, optimizer: undefined })).toBe(false);
  });

  it("lets a spec that extends another leave keys out", () => {
    // Plain: what an editor knows, without OpenAPI's `discriminator`.
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(publishedSchema());
    expect(validate({ extends: "base.yaml", train: { epochs: 3 } })).toBe(true);
    expect(validate({ train: { epochs: 3 } })).toBe(false);
  });

  it("accepts kinds that it does not know only where cells are defined", () => {
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(publishedSchema());
    const own = { ...minimal, layers: [{ kind: "own", size: 3 }, ...minimal.layers] };
    expect(validate(own)).toBe(false);
    expect(validate({ ...own, cells: { own: { keys: { size: null }, equations: ["y = x * size"] } } })).toBe(true);
    expect(validate({ ...minimal, layers: [{ kind: "linear", size: 3 }], cells: {} })).toBe(false);
  });

  it("accepts the examples of every layer and loss", () => {
    const validate = new Ajv({ strict: true, discriminator: true }).compile(specSchema());
    for (const layer of layers) {
      for (const { config } of layer.examples) {
        const spec = { ...minimal, layers: [{ kind: layer.kind, ...config }] };
        expect(validate(spec), `${layer.kind} ${JSON.stringify(config)}: ${JSON.stringify(validate.errors)}`).toBe(true);
      }
    }
    for (const loss of losses) {
      for (const { config } of loss.examples) {
        const spec = { ...minimal, loss: { ...minimal.loss, kind: loss.kind, ...config } };
        expect(validate(spec), `${loss.kind}: ${JSON.stringify(validate.errors)}`).toBe(true);
      }
    }
  });

  it("describes every key, with its default where there is one", () => {
    const text = publishedSchemaText();
    for (const table of [layers, losses, optimizers]) {
      for (const { keys } of table) {
        for (const schema of Object.values(keys)) expect(text).toContain(JSON.stringify(schema.description));
      }
    }
    expect(text).not.toContain('"optional"');
  });
});
