/** Commands in messages, in the form in which this user can type them. */
import path from "node:path";

/** What is asked of the process: how it was started. */
export interface Call {
  /** Node, then the script, as `process.argv`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * What to type for `specloom`: that itself where a shell finds it, `npx specloom` where npm did, and node with the file from
 * a clone.
 */
export function calledAs({ argv: [, script = ""], env, cwd }: Call): string {
  // npm puts node_modules/.bin into PATH for what it starts; the user's own shell does not have it there.
  if (env["npm_command"] !== undefined || env["npm_lifecycle_event"] !== undefined) return "npx specloom";
  const folder = path.dirname(script);
  if (/\.[cm]?js$/.test(script)) {
    const relative = path.relative(cwd, script);
    const file = relative.startsWith("..") ? script : relative;
    return `node ${file.includes(" ") ? JSON.stringify(file) : file}`;
  }
  const isFound = (env["PATH"] ?? "").split(path.delimiter).includes(folder);
  return script !== "" && folder.endsWith(path.join("node_modules", ".bin")) && !isFound ? "npx specloom" : "specloom";
}

/** @param text with commands in backticks: `specloom run SPEC` */
export function asTyped(text: string, program: string): string {
  return text.replaceAll(/`specloom (?=[a-z-])/g, () => `\`${program} `);
}
