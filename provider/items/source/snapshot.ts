/** The items of a group in a snapshot of its namespace: what `snapshotBeforeDelete` wrote. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { CsvRecordError, readCsv } from "../../runtime/csvRecords";
import { canonicalJson } from "../content";
import { formatKeys } from "../format";
import { manifestOf } from "../snapshot/files";
import type { SourceItem } from "./record";
import { SourceError, toReadError } from "./sourceError";

/** @param groups those of the resource: the others of the snapshot are left out */
export async function* fromSnapshot(file: string, groups: readonly string[]): AsyncGenerator<SourceItem> {
  const path = resolve(file);
  const manifest = manifestOf(path);
  if (manifest === undefined)
    throw new SourceError(
      `${file} has no manifest beside it: a snapshot is its .snapshot.csv and its .snapshot.json. Keep both in one folder`,
    );
  if (!groups.some((group) => Object.hasOwn(manifest.groups, group)))
    throw new SourceError(
      `${file} has no items of ${groups.length === 1 ? "group" : "groups"} ${formatKeys(groups)}; it has ${formatKeys(Object.keys(manifest.groups)) || "none"}`,
    );
  const wanted = new Set(groups);
  const hash = createHash("sha256");
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
  }
  let number = 0;
  try {
    for await (const records of readCsv(bytes())) {
      for (const [group = "", key = "", value = ""] of records) {
        number += 1;
        if (wanted.has(group)) yield itemOf(key, Buffer.from(value, "latin1"), `record ${number}`);
      }
    }
  } catch (error) {
    throw error instanceof CsvRecordError ? changed(file) : toReadError(file, error);
  }
  if (hash.digest("hex") !== manifest.sha256) throw changed(file);
}

/** Bytes as they were. What is JSON in the form in which this provider writes it is sent as JSON again. */
function itemOf(key: string, bytes: Uint8Array, at: string): SourceItem {
  const text = /^\s*[[{]/.test(String.fromCharCode(...bytes.subarray(0, 64)))
    ? Buffer.from(bytes).toString("utf8")
    : undefined;
  return { key, content: { bytes, json: text !== undefined && canonicalJson(text) === text }, at };
}

const changed = (file: string) =>
  new SourceError(
    `${file} is not what its manifest describes: it was changed, or it is cut off. Restore it from a copy, or give an edited file another name and a header`,
  );
