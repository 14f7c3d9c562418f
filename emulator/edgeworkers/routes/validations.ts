import { json, type Route } from "../../service";
import { findingsOf, readBundle } from "../validation/bundle";

export const validations: readonly Route[] = [
  {
    method: "POST",
    path: "/validations",
    access: "write",
    opaqueBody: "digest",
    async prepare(body, settings) {
      const bundle = await readBundle(body, settings);
      return ({ account, now }) => json(200, findingsOf(bundle, account, now));
    },
  },
];
