import type { ImportHooks } from "../../../framework/resource";
import type { EdgeWorkerState } from "./schema";

export const importEdgeWorker: ImportHooks<EdgeWorkerState> = {
  form: "EDGEWORKER-ID",
  example: "42",
  identify: (id) => (/^[1-9]\d{0,14}$/.test(id) ? { edgeWorkerId: Number(id) } : undefined),
};
