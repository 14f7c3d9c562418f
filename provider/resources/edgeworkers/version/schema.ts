import { versionPattern } from "../../../bundle/manifest";
import {
  defineSchema,
  type InputsOf,
  type OutputsOf,
  replaces,
  stays,
  updates,
} from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { anEdgeWorker } from "../byName";

/** A pattern with many `*` may take very long to match. */
const isModest = (pattern: string) =>
  pattern.split("/").filter((part) => part === "**").length <= 4 &&
  pattern.split("/").every((part) => part.split("*").length <= 4);
const glob = z
  .string()
  .min(1, "must not be empty")
  .max(256, "must have at most 256 characters")
  .refine(isModest, "has too many `*`: at most three between two `/`, and `**` at most four times");
/** What a program sets. */
export const versionArgs = z.strictObject({
  /** The EdgeWorker that it is a version of: its id, a number or its digits as text. Or its name, which the preview looks up: it shows the id. */
  edgeWorkerId: replaces(anEdgeWorker),
  /**
   * The code: a folder or a `.tgz` (a path from where the program runs), a Pulumi archive, or a map from paths in the bundle to texts, Pulumi assets and
   * archives. `main.js` and `bundle.json` belong at its root. At most 512 KB packed and 1 MB
   * unpacked, all text in UTF-8. The same files make the same archive on every machine. Left out, and named at preview: names that begin with a dot (`.env`,
   * `.git`, `.npmrc`), `node_modules`, lock files, private keys (`*.pem`, `*.key`), and what editors and systems leave behind (`*~`, `*.swp`, `Thumbs.db`).
   */
  bundle: updates(
    z.union(
      [z.string().min(1, "must not be empty"), z.record(z.string(), z.unknown())],
      "must be a path, a Pulumi archive, or a map of files",
    ),
  ),
  /**
   * Globs of further paths in the bundle that are not packed, such as `tests` or `*.md`. A folder that matches is left out with its files. Each glob has at
   * most 256 characters, three `*` between two `/`, and four `**`. Default: none.
   */
  exclude: updates(z.array(glob).optional()),
  /**
   * Names of access tokens, or the `AccessToken`s themselves. Packing writes `edgekv_tokens.js` with their references into the bundle. Entries of that file for
   * other namespaces stay. No state has the references. A token that is replaced means a new version, even when its name stays. Each namespace can have one
   * token only. Default: none.
   */
  tokens: updates(
    z
      .array(
        z
          .string()
          .regex(
            /^[A-Za-z0-9_-]{1,32}$/,
            "must be the name of an access token: 1 to 32 letters, digits, _ or -",
          ),
      )
      .refine((names) => new Set(names).size === names.length, "names a token twice")
      .optional(),
  ),
  /**
   * The name of the version: 1 to 32 letters, digits, `.`, `_`, `~` and `-`. Default: `edgeworker-version` of `bundle.json`, which has to change with the code. A
   * version can't be changed, and its name can't be used again, even when it is deleted. `auto` derives the name from `edgeworker-version` and the content: the
   * same content has the same name.
   */
  version: replaces(
    z
      .string()
      .refine(
        (text) => text === "auto" || versionPattern.test(text),
        "must be `auto`, or 1 to 32 letters, digits, `.`, `_`, `~` or `-`, without two dots in a row, and not a dot alone",
      )
      .optional(),
  ),
  /**
   * Adopt the version of this name that exists, although its archive has other files: those are what is live, and the preview names them. Another change of
   * the bundle means another version then. Default: false, and the preview fails when the name is taken by other content.
   */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /** How many earlier versions to keep for a rollback, 0 to 100. Older ones are deleted, unless they are live. Default: 0. */
  keepVersions: updates(
    z.int("must be a whole number").min(0, "must not be negative").max(100, "must be at most 100").default(0),
  ),
});
export const versionComputed = z.object({
  /** The beginning of each file's SHA-256, so that a preview names the files that changed. */
  files: replaces(z.record(z.string(), z.string())),
  /** A digest of each token's reference and namespaces, by the token's name. */
  tokenDigests: replaces(z.record(z.string(), z.string()).optional()),
  /** Earlier versions that are kept, the newest first. */
  kept: updates(z.array(z.string()).optional()),
  /** The names of versions that this resource deleted, the newest first, at most 100. The service accepts none of them again. */
  usedUp: updates(z.array(z.string()).optional()),
});
/** What the service adds. */
export const versionOutputs = z.object({
  /** SHA-256 of the archive that was uploaded, in hexadecimal digits. */
  checksum: stays(z.string()),
  /** When it was uploaded, ISO time in UTC. */
  createdTime: stays(z.string().optional()),
});

export const versionSchema = defineSchema({
  token: "edgeworkers:Version",
  args: versionArgs,
  computed: versionComputed,
  outputs: versionOutputs,
  sensitiveInputs: ["bundle"],
  content: { bundle: ["exclude", "files"] },
});

export type VersionInputs = InputsOf<typeof versionSchema> & { edgeWorkerId: number; version: string };
export type VersionState = VersionInputs & OutputsOf<typeof versionSchema>;
