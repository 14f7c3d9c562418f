import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";

const Version = z.object({
  version: z.string(),
  /** SHA-256 of the archive that was uploaded, lower-case hex. */
  checksum: z.string(),
  /** Order of uploads. */
  sequenceNumber: z.coerce.number().optional(),
  createdBy: z.string().optional(),
  createdTime: z.string().optional(),
});
/** A version of an EdgeWorker as the API shows it. */
export type Version = z.output<typeof Version>;

const Problem = z.object({ type: z.string(), message: z.string().default("") });

const folder = (id: number) => `/edgeworkers/v1/ids/${id}/versions`;
const item = (id: number, version: string) => `${folder(id)}/${encodeURIComponent(version)}`;
const archive = (bytes: Uint8Array) => ({ contentType: "application/gzip", bytes });

/** All versions of an id, in no order. */
export async function listVersions(http: HttpClient, id: number): Promise<Version[]> {
  return (await http.send({ method: "GET", path: folder(id) })).as(z.object({ versions: z.array(Version) }))
    .versions;
}

export async function findVersion(
  http: HttpClient,
  id: number,
  version: string,
): Promise<Version | undefined> {
  try {
    return (await http.send({ method: "GET", path: item(id, version) })).as(Version);
  } catch (error) {
    if (
      error instanceof ApiError &&
      error.status === 404 &&
      (error.code === "EW2002" || error.code === "EW2003")
    )
      return undefined;
    throw error;
  }
}

/** Uploads the archive; its `bundle.json` names the version. A version string can be used once, even if that version is deleted later (EW1011). */
export async function uploadVersion(http: HttpClient, id: number, bytes: Uint8Array): Promise<Version> {
  return (
    await http.send({ method: "POST", path: folder(id), raw: archive(bytes), limit: "edgeworkers versions" })
  ).as(Version);
}

/** The archive that was uploaded, byte for byte. */
export async function downloadVersion(http: HttpClient, id: number, version: string): Promise<Uint8Array> {
  return (
    await http.send({ method: "GET", path: `${item(id, version)}/content`, accept: "application/gzip" })
  ).bytes;
}

/**
 * Deletes the version; refused while it is active or being activated. The API answers alike (404, EW2002) for one that is not there and of one that
 * can't be deleted.
 */
export async function deleteVersion(http: HttpClient, id: number, version: string): Promise<void> {
  await http.send({ method: "DELETE", path: item(id, version) });
}

/** What EdgeWorkers finds in an archive, without storing it. */
export async function validateArchive(
  http: HttpClient,
  bytes: Uint8Array,
): Promise<{ errors: z.output<typeof Problem>[]; warnings: z.output<typeof Problem>[] }> {
  const reply = await http.send({ method: "POST", path: "/edgeworkers/v1/validations", raw: archive(bytes) });
  return reply.as(z.object({ errors: z.array(Problem).default([]), warnings: z.array(Problem).default([]) }));
}
