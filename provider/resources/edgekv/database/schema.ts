import { defineSchema, type InputsOf, type OutputsOf, stays, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";

/** What a program can set on the database. */
export const databaseArgs = z.strictObject({
  /**
   * The policy that new namespaces inherit. Existing namespaces keep theirs. `restrictDataAccess: true`
   * serves data over Enhanced TLS only. `false` needs the Standard TLS entitlement (EKV_1005 without it).
   * `allowNamespacePolicyOverride` lets a namespace set its own `restrictDataAccess` when it is created.
   * Default: the account's policy stays as it is, and a new account gets Akamai's default.
   */
  dataAccessPolicy: updates(
    z
      .strictObject({
        /** Whether new namespaces serve data over Enhanced TLS only. `false` needs the Standard TLS entitlement. */
        restrictDataAccess: z.boolean("must be true or false"),
        /** Whether a namespace may set its own `restrictDataAccess` when it is created. */
        allowNamespacePolicyOverride: z.boolean("must be true or false"),
      })
      .optional(),
  ),
});
export const databaseComputed = z.object({
  /**
   * Always `{ mode: "retain" }`. An account can't be un-initialized: a destroy leaves EdgeKV and its data in
   * place.
   */
  deletion: updates(
    z.object({
      /** Always `retain`. */
      mode: z.literal("retain"),
    }),
  ),
});
/** What the service reports of the database. */
export const databaseOutputs = z.object({
  /** `INITIALIZED` once EdgeKV works for the account; `PENDING` or `UNINITIALIZED` before. */
  accountStatus: z.string(),
  /** The same for the staging network. */
  stagingStatus: z.string(),
  /** The same for the production network. */
  productionStatus: z.string(),
  /** The CP code for EdgeKV's traffic, created by the initialization. Never purge it. */
  cpcode: stays(z.string().optional()),
  /** The policy in force, whether the program declares one or not. */
  policy: z
    .object({
      /** Whether new namespaces serve data over Enhanced TLS only. */
      restrictDataAccess: z.boolean(),
      /** Whether a namespace may set its own `restrictDataAccess` when it is created. */
      allowNamespacePolicyOverride: z.boolean(),
    })
    .optional(),
});

export const databaseSchema = defineSchema({
  token: "edgekv:Database",
  args: databaseArgs,
  computed: databaseComputed,
  outputs: databaseOutputs,
});

export type DatabaseInputs = InputsOf<typeof databaseSchema>;
export type DatabaseState = DatabaseInputs & OutputsOf<typeof databaseSchema>;
