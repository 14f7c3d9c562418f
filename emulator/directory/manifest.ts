import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeDraft } from "./draft";
import { DirectoryError } from "./errors";

/**
 * Digests of what the emulator wrote to each file. None: the file is a user's to edit, and its name is enough.
 *
 * A comment in the files would not do: it stays when a user puts real credentials into a file, and a copy takes it along.
 */
const Written = z.strictObject({ files: z.record(z.string(), z.array(z.string())) });

/** The files that the emulator wrote into a directory. It touches no other file there. */
export class Manifest {
  readonly #path: string;
  #files: Readonly<Record<string, readonly string[]>>;

  /** `own` is a folder that only the emulator writes into. */
  constructor(
    readonly directory: string,
    readonly own: string,
  ) {
    this.#path = join(own, "manifest.json");
    this.#files = existsSync(this.#path) ? readManifest(this.#path) : {};
  }

  /** The files that the emulator wrote. */
  get names(): readonly string[] {
    return Object.keys(this.#files);
  }

  /** Throws when the file exists and the emulator did not write it, or when somebody changed it since. */
  assertOwned(name: string): void {
    const path = join(this.directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    const digests = this.#files[name];
    if (digests === undefined || !found.isFile()) {
      throw new DirectoryError(
        `${path} exists, and the emulator did not write it. Move it away, or choose another directory.`,
      );
    }
    if (digests.length > 0 && !digests.includes(digestOf(readFileSync(path)))) {
      throw new DirectoryError(
        `${path} was changed after the emulator wrote it. Move it away to keep it, or delete it, and start again.`,
      );
    }
  }

  /** Writes a file that only the emulator changes. */
  write(name: string, text: string, mode: number): void {
    this.assertOwned(name);
    const path = join(this.directory, name);
    // Before the file itself, and with the digest of what is there: the emulator may be killed between the two writes.
    const present = existsSync(path) ? [digestOf(readFileSync(path))] : [];
    this.#record(name, [...present, digestOf(text)]);
    replaceFile(path, join(this.own, name), text, mode);
  }

  /** Writes a file that a user may edit between two runs. */
  writeEditable(name: string, text: string, mode: number): void {
    if (this.#files[name] === undefined) {
      this.assertOwned(name);
      this.#record(name, []);
    }
    replaceFile(join(this.directory, name), join(this.own, name), text, mode);
  }

  /** Writes a file into the folder that only the emulator writes into. */
  writeOwn(name: string, text: string): void {
    const path = join(this.own, name);
    replaceFile(path, path, text, 0o600);
  }

  #record(name: string, digests: readonly string[]): void {
    this.#files = { ...this.#files, [name]: digests };
    replaceFile(this.#path, this.#path, JSON.stringify({ files: this.#files }), 0o600);
  }
}

function readManifest(path: string): z.infer<typeof Written>["files"] {
  try {
    return Written.parse(JSON.parse(readFileSync(path, "utf8"))).files;
  } catch {
    throw new DirectoryError(
      `${path} is not a manifest of the emulator. Move it away, or choose another directory.`,
    );
  }
}

const digestOf = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** Never half written, and never readable by others, not even for a moment. */
function replaceFile(path: string, draftBase: string, text: string, mode: number): void {
  const draft = `${draftBase}.tmp`;
  writeDraft(draft, text, mode);
  renameSync(draft, path);
}
