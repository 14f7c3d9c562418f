import type { ImportHooks } from "../../../framework/resource";
import { databaseId } from "./reconcile";
import type { DatabaseState } from "./schema";

export const importDatabase: ImportHooks<DatabaseState> = {
  form: databaseId,
  example: databaseId,
  identify: (id) => (id === databaseId ? {} : undefined),
};
