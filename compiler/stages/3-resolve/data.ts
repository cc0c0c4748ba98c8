/** The data section with its defaults, its file names checked as text, and the inputs it gives. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { KindSpec } from "../../contracts/spec.ts";
import { dataKinds } from "../../data/index.ts";
import type { DataDefinition } from "../../data/define.ts";
import { withDefaults } from "../../keys/define.ts";
import { directoryOf, isAbsolute, isInside, joinPath, relativePath } from "../../support/paths.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { isBroken, recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";

export interface ResolvedData {
  readonly definition: DataDefinition;
  readonly config: Readonly<Record<string, unknown>>;
  /** Undefined when they cannot be told. */
  readonly inputs: readonly ModelInput[] | undefined;
}

export function resolveData(context: ResolveContext): ResolvedData {
  const { spec, options, report } = context;
  const definition = recordOf(dataKinds, spec.data.kind);
  const filled = withDefaults(definition.keys, spec.data);
  const config = { ...filled, ...definition.fill(filled), ...resolveFiles(context, definition) };
  const given: readonly KindSpec[] = Array.isArray(spec.loss)
    ? (spec.loss as readonly KindSpec[])
    : [spec.loss as KindSpec];
  const lossTargets = new Set(given.map((loss) => String(loss["target"])));
  const dataContext = { spec, config, facts: options.dataFacts, lossTargets, report };
  definition.check(dataContext);
  return { definition, config, inputs: isBroken(spec, "/inputs") ? undefined : definition.inputs(dataContext) };
}

/** File names relative to the spec, also where they come from an inherited file in another directory. */
function resolveFiles(context: ResolveContext, definition: DataDefinition): Readonly<Record<string, string>> {
  const files = definition.fileKeys.flatMap((key) => {
    const path = memberOf(context.spec.data, key);
    return typeof path === "string" ? [[key, resolveFile(context, key, path)] as const] : [];
  });
  return Object.fromEntries(files);
}

function resolveFile({ document, options, report }: ResolveContext, key: string, path: string): string {
  const pointer = `/data/${key}`;
  if (isAbsolute(path)) {
    report("absolute-path", { path }, { pointer });
    return path;
  }
  const specDirectory = directoryOf(document.file);
  const origin = document.locate(pointer).file;
  const fromBase =
    origin === document.file || origin.startsWith("--") ? "" : relativePath(specDirectory, directoryOf(origin));
  const relative = fromBase === "" ? path.replaceAll("\\", "/") : joinPath(fromBase, path);
  const directory = options.directory ?? specDirectory;
  const root = options.projectRoot ?? directory;
  if (!isInside(joinPath(directory, relative), root)) report("path-outside-project", { path, root }, { pointer });
  return relative;
}
