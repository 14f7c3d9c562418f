import type * as pulumi from "@pulumi/pulumi";
import {
  type DatabaseState,
  type databaseArgs,
  type databaseComputed,
  type databaseOutputs,
  databaseSchema,
} from "../../provider/resources/edgekv/database/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { resourceClass } from "../resource";

/** What a program sets of a `Database`. */
export interface DatabaseArgs extends RequiredArgs<typeof databaseArgs>, OptionalArgs<typeof databaseArgs> {}

/** What other resources may use of a `Database`. */
export interface DatabaseOutputs
  extends Outputs<typeof databaseArgs, DatabaseState>,
    Outputs<typeof databaseComputed, DatabaseState>,
    Outputs<typeof databaseOutputs, DatabaseState> {}

const Base = resourceClass<DatabaseArgs, DatabaseOutputs>(databaseSchema);

/**
 * EdgeKV of the account: makes sure that it is initialized, and keeps its data access policy. There is one for each account; one that is initialized
 * already is taken as it is. Destroying it changes nothing: an account can't be un-initialized.
 *
 * @example
 * const database = new edgekv.Database("edgekv", {
 *   dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
 * });
 */
export class Database extends Base {
  constructor(name: string, args: DatabaseArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(name, args, options);
  }
}
