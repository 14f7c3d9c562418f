/** What the preview checks in the account before `up` touches the database. */

import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { isInitialized } from "./observe";
import type { DatabaseInputs } from "./schema";

/** Nothing stands in the way of an adoption. The preview only announces it. */
export async function preflightDatabase(
  context: Context,
  { oldInputs }: Draft<DatabaseInputs>,
): Promise<CheckFailure[]> {
  const isNew = Object.keys(oldInputs).length === 0;
  if (isNew && (await isInitialized(context)))
    context.logger.info("EdgeKV is initialized on this account already: `up` adopts it as it is.");
  return [];
}
