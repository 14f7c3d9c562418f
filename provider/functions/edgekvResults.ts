/** What the functions of EdgeKV give. */
import { secretMember, shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");

/** EdgeKV of the account as it is now. */
export const databaseResult = shape(
  "DatabaseResult",
  z.object({
    /** `INITIALIZED`, `PENDING` or `UNINITIALIZED`. */
    accountStatus: z.string(),
    /** The same of the staging network. */
    stagingStatus: z.string(),
    /** The same of the production network. */
    productionStatus: z.string(),
    /** The CP code that EdgeKV reports under. */
    cpcode: z.exactOptional(z.string()),
    /** The policy for access to data. */
    policy: z.exactOptional(
      z.object({
        /** Whether data is served over Enhanced TLS only. */
        restrictDataAccess: z.boolean(),
        /** Whether a namespace may have a policy of its own. */
        allowNamespacePolicyOverride: z.boolean(),
      }),
    ),
  }),
);
export interface DatabaseResult extends z.output<typeof databaseResult> {}

/** A namespace as it is now. Older ones lack some of the fields. */
export const namespaceResult = shape(
  "NamespaceResult",
  z.object({
    /** Its name. */
    name: z.string(),
    /** `staging` or `production`. */
    network,
    /** The id of the access group; 0 stands for all groups. */
    groupId: z.int(),
    /** Seconds that an item lives; 0: it does not expire. */
    retentionInSeconds: z.exactOptional(z.int()),
    /** Where the data is stored, such as `US`. */
    geoLocation: z.exactOptional(z.string()),
    /** `READY`, or `DELETING` while a delete is scheduled. */
    namespaceStatus: z.string(),
    /** ISO time of a delete that is scheduled. */
    scheduledDeleteTime: z.exactOptional(z.string()),
    /** The policy in force. */
    policy: z.exactOptional(
      z.object({
        /** Whether data is served over Enhanced TLS only. */
        restrictDataAccess: z.boolean(),
        /** `inherited` (from the database) or `overridden`. */
        policyType: z.string().optional(),
      }),
    ),
  }),
);
export interface NamespaceResult extends z.output<typeof namespaceResult> {}

/** What a list of tokens has of each. */
const ofToken = {
  /** Its name. */
  name: z.string(),
  /** What `edgekv_tokens.js` names the token by; sensitive. */
  reference: z.exactOptional(secretMember(z.string())),
  /** `YYYY-MM-DD`; `9999-12-31` when it does not end. */
  expiresOn: z.exactOptional(z.string()),
  /** Whether it can be used, such as `COMPLETE`. */
  tokenActivationStatus: z.exactOptional(z.string()),
  /** The day of its creation. */
  issueDate: z.exactOptional(z.string()),
  /** When it was refreshed last, of a token that is refreshed. */
  latestRefreshDate: z.exactOptional(z.string()),
  /** When it is refreshed next, of a token that is refreshed. */
  nextScheduledRefreshDate: z.exactOptional(z.string()),
};

/** An access token as the list shows it. */
export const accessTokenSummary = shape("AccessTokenSummary", z.object({ ...ofToken }));
export interface AccessTokenSummary extends z.output<typeof accessTokenSummary> {}

/** An access token as it is now. */
export const accessTokenResult = shape(
  "AccessTokenResult",
  z.object({
    ...ofToken,
    /** Whether it may be used on staging. */
    allowOnStaging: z.boolean(),
    /** Whether it may be used on production. */
    allowOnProduction: z.boolean(),
    /** What it may do in each namespace: `r`, `w` and `d`. */
    namespacePermissions: z.record(z.string(), z.array(z.string())),
    /** Empty: any EdgeWorker may use it. */
    restrictToEdgeWorkerIds: z.array(z.string()),
    /** The CP code that its use counts for. */
    cpcode: z.exactOptional(z.string()),
    /** The JWT of a token of the older generation; secret. */
    value: z.exactOptional(secretMember(z.string())),
  }),
);
export interface AccessTokenResult extends z.output<typeof accessTokenResult> {}

/** An access group that the API client can see, and what it may do with EdgeKV there. */
export const accessGroupResult = shape(
  "AccessGroupResult",
  z.object({
    /** Its id. */
    groupId: z.int(),
    /** Its name. */
    groupName: z.string(),
    /** What the API client may do in it. */
    capabilities: z.array(z.string()),
  }),
);
export interface AccessGroupResult extends z.output<typeof accessGroupResult> {}

/** What an item holds now. */
export const itemResult = shape(
  "ItemResult",
  z.object({
    /** As text. */
    value: z.string(),
    /** As JSON, where the text is JSON; `null` is a value too. */
    json: z.exactOptional(z.unknown()),
  }),
);
export interface ItemResult extends z.output<typeof itemResult> {}

/** Keys of an item group. */
export const itemKeysResult = shape(
  "ItemKeysResult",
  z.object({
    /** In the order of their names. */
    keys: z.array(z.string()),
    /**
     * The group may have more, and these are a random part of them. So it is with every answer of 100 keys and more: how many the service gives at most is
     * not documented.
     */
    isSample: z.boolean(),
  }),
);
export interface ItemKeysResult extends z.output<typeof itemKeysResult> {}
