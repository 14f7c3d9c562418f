import { z } from "zod";
import { EDGEWORKER_IDS_PER_TOKEN, NAMESPACES_PER_TOKEN } from "./limits";

export const NAMESPACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;
export const TOKEN_NAME = /^[A-Za-z0-9_-]{1,32}$/;
export const GROUP_NAME = /^[A-Za-z0-9_-]{1,128}$/;
export const ITEM_KEY = /^[A-Za-z0-9_-]{1,512}$/;
export const SANDBOX_ID = /^[A-Za-z0-9_-]+$/;

const RETENTION = "Retention period must be 0, or between 86400 and 315360000 seconds.";

/** Seconds: 0 (for ever), or one day to ten years. */
export const RetentionInSeconds = z
  .int({
    error: ({ input }) =>
      input === undefined || input === null ? "Retention period must be specified." : RETENTION,
  })
  .refine((seconds) => seconds === 0 || (seconds >= 86_400 && seconds <= 315_360_000), { error: RETENTION });

const INVALID_GROUP = "Group ID must be an integer of at least 0.";

/** Akamai's command line sends it as text. */
export const GroupId = z
  .union([z.int(), z.string().regex(/^\d{1,15}$/)], { error: INVALID_GROUP })
  .transform(Number)
  .refine((id) => id >= 0, { error: INVALID_GROUP });

export const INVALID_TOKEN_NAME = "Name contains invalid characters.";
const INVALID_IDS = `EdgeWorker IDs must be a list of at most ${EDGEWORKER_IDS_PER_TOKEN} strings of digits.`;
const INVALID_EXPIRY = "Expiry must be a date of the form YYYY-MM-DD.";

const isBetween = (number: number, least: number, most: number): boolean => number >= least && number <= most;

/** Akamai's PowerShell module sends numbers. */
const EdgeWorkerId = z
  .union([z.string(), z.int()], { error: INVALID_IDS })
  .transform(String)
  .refine((id) => /^(\d+|all)$/.test(id) && id !== "0", { error: INVALID_IDS });

const EdgeWorkerIds = z
  .array(EdgeWorkerId, { error: INVALID_IDS })
  .max(EDGEWORKER_IDS_PER_TOKEN, { error: INVALID_IDS })
  .refine((ids) => ids.length === 1 || !ids.includes("all"), { error: INVALID_IDS })
  .nullish();

const Permissions = z
  .array(z.enum(["r", "w", "d"], { error: "Invalid permission" }), { error: "Invalid permission" })
  .min(1, { error: "Invalid permission" })
  .refine((letters) => new Set(letters).size === letters.length, { error: "Invalid permission" });

export const NewToken = z
  .object({
    name: z.string({ error: "Name must be specified." }).regex(TOKEN_NAME, { error: INVALID_TOKEN_NAME }),
    allowOnStaging: z.boolean({ error: "allowOnStaging must be specified." }),
    allowOnProduction: z.boolean({ error: "allowOnProduction must be specified." }),
    namespacePermissions: z
      .record(z.string(), Permissions, { error: "namespacePermissions must be specified." })
      .refine((permissions) => isBetween(Object.keys(permissions).length, 1, NAMESPACES_PER_TOKEN), {
        error: `A token must have permissions for 1 to ${NAMESPACES_PER_TOKEN} namespaces.`,
      }),
    restrictToEdgeWorkerIds: EdgeWorkerIds,
    /** The name of the same field in Akamai's command line. */
    restrictToEwids: EdgeWorkerIds,
    expiry: z
      .string({ error: INVALID_EXPIRY })
      .regex(/^(\d{4}-\d{2}-\d{2}(T00:00:00(\.0+)?Z)?)?$/, { error: INVALID_EXPIRY })
      .refine((text) => text === "" || !Number.isNaN(Date.parse(text)), { error: INVALID_EXPIRY })
      .nullish(),
  })
  .refine(({ allowOnStaging, allowOnProduction }) => allowOnStaging || allowOnProduction, {
    error: "A token must be allowed on at least one network.",
  });

const NamespaceName = z
  .string({ error: "Namespace must be specified." })
  .regex(NAMESPACE_NAME, { error: "Name contains invalid characters." });

export const NewNamespace = z.object({
  namespace: NamespaceName,
  retentionInSeconds: RetentionInSeconds,
  groupId: GroupId,
  geoLocation: z.string({ error: "Invalid geoLocation" }).nullish(),
  dataAccessPolicy: z
    .object(
      { restrictDataAccess: z.boolean({ error: "Invalid dataAccessPolicy" }) },
      { error: "Invalid dataAccessPolicy" },
    )
    .nullish(),
});

export const ChangedNamespace = z.object({
  namespace: NamespaceName,
  retentionInSeconds: RetentionInSeconds,
  groupId: GroupId.nullish(),
  geoLocation: z.string({ error: "Invalid geoLocation" }).nullish(),
});
