import type { z } from "zod";
import {
  type DatabaseState,
  type databaseArgs,
  databaseSchema,
} from "../../provider/resources/edgekv/database/schema";
import { type Args, resourceClass } from "../resource";

export type DatabaseArgs = Args<z.input<typeof databaseArgs>>;

/**
 * EdgeKV of the account: makes sure that it is initialized, and keeps its data access policy. There is one for each account; one that is initialized
 * already is taken as it is. Destroying it changes nothing: an account can't be un-initialized.
 *
 * @example
 * const database = new edgekv.Database("edgekv", {
 *   dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
 * });
 */
export class Database extends resourceClass<z.input<typeof databaseArgs>, DatabaseState>(databaseSchema) {}
