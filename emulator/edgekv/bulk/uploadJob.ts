import { z } from "zod";

/** An item that an upload writes. */
const UploadRecord = z.strictObject({
  group: z.string(),
  key: z.string(),
  value: z.string(),
  /** Of the record; absent: as long as the namespace retains items. 0 is for ever. */
  retentionInSeconds: z.int().min(0).optional(),
});
export type UploadRecord = z.infer<typeof UploadRecord>;

/** An upload. Its items are written when it ends. */
export const UploadJob = z.strictObject({
  jobId: z.string(),
  network: z.enum(["staging", "production"]),
  namespace: z.string(),
  dryRun: z.boolean(),
  /** Milliseconds. */
  startedAt: z.number(),
  /** Milliseconds; `null`: it never ends. */
  endsAt: z.number().nullable(),
  /** It ends as FAILED, and writes nothing. */
  fails: z.boolean(),
  /** What is still to be written: empty once the job has ended. */
  records: z.array(UploadRecord),
  successesCount: z.int().min(0),
  errors: z.array(z.strictObject({ failureRecord: z.string(), message: z.string() })),
});
export type UploadJob = z.infer<typeof UploadJob>;
