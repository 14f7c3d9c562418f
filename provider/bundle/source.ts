import { portable } from "../runtime/paths";
import { BundleError } from "./bundleError";

/** Something to take into a bundle: a text, a file, or a folder or `.tgz` with all that is in it. */
export type BundleEntry = string | { readonly file: string } | { readonly archive: string };

/** Where a bundle comes from: the path of a folder or `.tgz`, or a map from paths in the bundle to what belongs there. */
export type BundleSource = string | Readonly<Record<string, BundleEntry>>;

/** Pulumi's marks of assets and archives among plain values. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";

/**
 * A source as it is kept: without Pulumi's marks, so that no engine looks for the files of a state that it reads elsewhere; with paths as they look from
 * `base`, the same on every machine that has the project.
 */
export function plainSource(value: unknown, base: string): BundleSource {
  if (typeof value === "string") return portable(value, base);
  const { path, assets } = markedAs(archiveSignature, value) ?? {};
  if (typeof path === "string") return portable(path, base);
  if (isObject(assets)) return Object.fromEntries(entriesOf(assets, "", base));
  if (isMarked(value))
    throw new BundleError(
      "must be a folder, a .tgz, or a map of files; an archive from the network has to be downloaded first",
    );
  if (isObject(value)) return Object.fromEntries(entriesOf(value, "", base));
  throw new BundleError("must be a path, a Pulumi archive, or a map of files");
}

function entriesOf(map: object, prefix: string, base: string): [string, BundleEntry][] {
  return Object.entries(map).flatMap(([name, value]): [string, BundleEntry][] => {
    const at = prefix + name;
    if (typeof value === "string") return [[at, value]];
    const asset = markedAs(assetSignature, value);
    if (typeof asset?.text === "string") return [[at, asset.text]];
    if (typeof asset?.path === "string") return [[at, { file: portable(asset.path, base) }]];
    const archive = markedAs(archiveSignature, value);
    if (typeof archive?.path === "string") return [[at, { archive: portable(archive.path, base) }]];
    if (isObject(archive?.assets)) return entriesOf(archive.assets, `${at}/`, base);
    if (isObject(value) && !isMarked(value)) {
      if ("file" in value && typeof value.file === "string")
        return [[at, { file: portable(value.file, base) }]];
      if ("archive" in value && typeof value.archive === "string")
        return [[at, { archive: portable(value.archive, base) }]];
    }
    throw new BundleError(
      `${at}: must be a text, or a Pulumi asset or archive made of a text, a file or a folder`,
    );
  });
}

function markedAs(signature: string, value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isObject(value) && (value as Record<string, unknown>)[signatureKey] === signature
    ? (value as Record<string, unknown>)
    : undefined;
}

function isMarked(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, signatureKey);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
