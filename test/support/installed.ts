/** Both packages as they are published, in folders that know nothing of this repository. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a package.json says, and what package-lock.json says of a package. */
interface PackageFacts {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

/** A package's archive, as npm would send it to the registry. */
interface Archive {
  readonly file: string;
  /** Of its files, unpacked. */
  readonly bytes: number;
}

export interface Archives {
  readonly runtime: Archive;
  readonly specloom: Archive;
  readonly remove: () => void;
}

/** Builds both packages and packs them. */
export function packBoth(): Archives {
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root });
  const folder = mkdtempSync(path.join(tmpdir(), "specloom-packages-"));
  const pack = (workspace: readonly string[]): Archive => {
    const argv = ["pack", "--json", "--pack-destination", folder, ...workspace];
    const said = execFileSync("npm", argv, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
    const [packed] = JSON.parse(said) as readonly { readonly filename: string; readonly unpackedSize: number }[];
    return { file: path.join(folder, packed?.filename ?? ""), bytes: packed?.unpackedSize ?? Number.NaN };
  };
  return {
    runtime: pack(["--workspace", "runtime"]),
    specloom: pack([]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Unpacks archives into the `node_modules` of a folder, with the packages that they name as dependencies and no other: as
 * `npm install` does it, without asking a registry.
 *
 * @param peers further packages that somebody installed there
 */
export function install(folder: string, archives: readonly Archive[], peers: readonly string[] = []): void {
  const modules = path.join(folder, "node_modules");
  const link = (name: string): void => {
    const place = path.join(modules, name);
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(path.dirname(place), { recursive: true });
    symlinkSync(path.join(root, "node_modules", name), place, "junction");
  };
  const needed = archives.flatMap(({ file }) => {
    const unpacked = mkdtempSync(path.join(tmpdir(), "specloom-package-"));
    execFileSync("tar", ["-xzf", file, "-C", unpacked]);
    const facts = readPackage(path.join(unpacked, "package/package.json"));
    const place = path.join(modules, facts.name);
    mkdirSync(place, { recursive: true });
    execFileSync("tar", ["-xzf", file, "-C", place, "--strip-components", "1"]);
    rmSync(unpacked, { recursive: true, force: true });
    return Object.keys(facts.dependencies ?? {});
  });
  for (const name of [...needed, ...peers]) link(name);
}

function readPackage(file: string): PackageFacts & { readonly name: string } {
  return JSON.parse(readFileSync(file, "utf8")) as PackageFacts & { readonly name: string };
}

/** What an installation of a package brings, by package-lock.json: the package itself is not among it. */
export interface Brought {
  readonly names: readonly string[];
  readonly bytes: number;
  /** Packages that compile something when they are installed, or bring native code. */
  readonly native: readonly string[];
}

/** @param folder of the package in this repository: `runtime`, or `` for specloom itself */
export function broughtBy(folder: string): Brought {
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, PackageFacts>>;
  };
  const found = new Set<string>();
  const visit = (place: string): void => {
    const facts = packages[place];
    for (const name of Object.keys({ ...facts?.dependencies, ...facts?.optionalDependencies })) {
      const at = nearest(packages, place, name);
      if (at === undefined || found.has(at)) continue;
      found.add(at);
      visit(at);
    }
  };
  visit(folder);
  const places = [...found].filter((place) => place !== "node_modules/@specloom/runtime");
  const files = new Map(places.map((place) => [place, filesOf(path.join(root, place))]));
  const isNative = (place: string): boolean =>
    packages[place]?.hasInstallScript === true || (files.get(place) ?? []).some(({ name }) => name.endsWith(".node"));
  return {
    names: places.map((place) => place.slice("node_modules/".length)),
    bytes: [...files.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0),
    native: places.filter(isNative),
  };
}

/** As Node looks for it: in the package that asks, then beside it and further up. */
function nearest(packages: Readonly<Record<string, PackageFacts>>, from: string, name: string): string | undefined {
  const names = from.split(/\/?node_modules\//).slice(1);
  return Array.from({ length: names.length + 1 }, (_, up) => [...names.slice(0, names.length - up), name])
    .map((path) => path.map((one) => `node_modules/${one}`).join("/"))
    .find((place) => packages[place] !== undefined);
}

/** A package's own files; what other packages lie in it are counted as theirs. */
function filesOf(folder: string): readonly { readonly name: string; readonly bytes: number }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(place);
    return [{ name: entry.name, bytes: lstatSync(place).size }];
  });
}
