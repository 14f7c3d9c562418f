/** `bundle.json`: what it may hold, and the version in it. */
import { z } from "zod";
import { exceedsInputLimits } from "../framework/inputLimits";
import { JsonTextError, parseJsonText } from "../framework/jsonText";
import { indentedText, isJsonObject, type JsonObject, plainValue } from "../framework/jsonValue";
import { notUtf8, utf8Text } from "../runtime/encoding";
import type { BundleFiles } from "./files";
import { type BundleProblem, missing } from "./problem";

export const manifestFile = "bundle.json";
const versionName = "edgeworker-version";

/** 1 to 32 letters, digits, `.`, `_`, `~` and `-`; no two dots in a row. In a path, a dot alone means the folder itself. */
export const versionPattern = /^(?!.*\.\.)(?!\.$)[.a-zA-Z0-9_~-]{1,32}$/;

const aVersion = z
  .string("must be a text")
  .regex(
    versionPattern,
    "must be 1 to 32 letters, digits, `.`, `_`, `~` or `-`, without two dots in a row, and not a dot alone",
  );
const anObject = z.looseObject({}, "must be an object");
const Manifest = z.looseObject(
  {
    // The version that the program sets, or `auto`, may replace it.
    [versionName]: aVersion.optional(),
    "bundle-version": z.int("must be a whole number").min(1, "must be at least 1").optional(),
    "api-version": z
      .string("must be a text")
      .regex(/^[0-9.]*$/, "must be made of digits and dots")
      .optional(),
    description: z.string("must be a text").optional(),
    misc: anObject.optional(),
    "invoke-for-edgeworker-clients": z.boolean("must be true or false").optional(),
    config: anObject.optional(),
    dependencies: anObject.optional(),
  },
  "it must be an object",
);
export type Manifest = z.output<typeof Manifest>;

/** The manifest of the bundle, or what is wrong with it. */
export function readManifest(
  files: BundleFiles,
): { readonly manifest: Manifest } | { readonly problem: BundleProblem } {
  const content = files.get(manifestFile);
  if (content === undefined) return { problem: missing(manifestFile, files.keys()) };
  const invalid = (message: string) => ({ problem: { type: "INVALID_MANIFEST", message } });
  const text = utf8Text(content);
  if (text === undefined) return invalid(`${manifestFile} ${notUtf8(content)}`);
  let json: unknown;
  try {
    json = plainValue(parseJsonText(text));
  } catch (error) {
    if (error instanceof JsonTextError) return invalid(error.describe(manifestFile));
    throw error;
  }
  const tooMuch = exceedsInputLimits(json);
  if (tooMuch !== undefined) return invalid(`${manifestFile} ${tooMuch}`);
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return { manifest: parsed.data };
  const [issue] = parsed.error.issues;
  const reason = [issue?.path.join("."), issue?.message].filter((part) => part).join(": ");
  return invalid(`${manifestFile} is wrong: ${reason}`);
}

/** The manifest with this version. One that has it already stays as it was written, byte for byte. */
export function withVersion(content: Uint8Array | undefined, version: string): Uint8Array {
  const text = content === undefined ? "{}" : (utf8Text(content) ?? "");
  const value = parseJsonText(text);
  const members: JsonObject = isJsonObject(value) ? value : new Map();
  if (content !== undefined && members.get(versionName) === version) return content;
  // Numbers of `misc` and `config` keep their digits.
  return Buffer.from(`${indentedText(new Map([...members, [versionName, version]]))}\n`);
}
