import type { ImportHooks } from "../../../framework/resource";
import { type AccessTokenState, accessTokenArgs } from "./schema";

export const importAccessToken: ImportHooks<AccessTokenState> = {
  form: "NAME",
  example: "catalog-reader",
  identify: (id) => (accessTokenArgs.shape.name.safeParse(id).success ? { name: id } : undefined),
};
