/** What the functions of EdgeWorkers take. */
import { shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");
const id = z.int("must be a whole number: the id of an EdgeWorker");
const groupId = z.int("must be a whole number: the id of an access group");

export const getResourceTiersArgs = shape(
  "GetResourceTiersArgs",
  z.object({
    /** With or without `ctr_`. */
    contractId: z.string("must be text"),
  }),
);
export interface GetResourceTiersArgs extends z.input<typeof getResourceTiersArgs> {}

export const getEdgeWorkersArgs = shape(
  "GetEdgeWorkersArgs",
  z.object({
    /** Only those of this access group. Default: of all that the API client can see. */
    groupId: groupId.optional(),
    /** Only those of this resource tier. Default: of all. */
    resourceTierId: z.int("must be a whole number: the id of a resource tier").optional(),
  }),
);
export interface GetEdgeWorkersArgs extends z.input<typeof getEdgeWorkersArgs> {}

export const edgeWorkerById = shape(
  "EdgeWorkerById",
  z.object({
    /** Its id. */
    edgeWorkerId: id,
  }),
);
export interface EdgeWorkerById extends z.input<typeof edgeWorkerById> {}

export const edgeWorkerByName = shape(
  "EdgeWorkerByName",
  z.object({
    /** Its name. */
    name: z.string("must be text"),
    /** Its access group, where several EdgeWorkers have the name. Default: any. */
    groupId: groupId.optional(),
  }),
);
export interface EdgeWorkerByName extends z.input<typeof edgeWorkerByName> {}

/** Its id, or its name; the access group where several have that name. */
export type GetEdgeWorkerArgs = EdgeWorkerById | EdgeWorkerByName;

export const getVersionsArgs = shape(
  "GetVersionsArgs",
  z.object({
    /** The id of the EdgeWorker. */
    edgeWorkerId: id,
  }),
);
export interface GetVersionsArgs extends z.input<typeof getVersionsArgs> {}

export const getActivationsArgs = shape(
  "GetActivationsArgs",
  z.object({
    /** The id of the EdgeWorker. */
    edgeWorkerId: id,
    /** `staging` or `production`. */
    network,
  }),
);
export interface GetActivationsArgs extends z.input<typeof getActivationsArgs> {}

export const getLimitsArgs = shape(
  "GetLimitsArgs",
  z.object({
    /** Also counts the versions of this EdgeWorker. Default: of none. */
    edgeWorkerId: id.optional(),
  }),
);
export interface GetLimitsArgs extends z.input<typeof getLimitsArgs> {}

export const getPropertiesUsingArgs = shape(
  "GetPropertiesUsingArgs",
  z.object({
    /** The id of the EdgeWorker. */
    edgeWorkerId: id,
    /** Only properties with an active version that refers to it. Default: false. */
    activeOnly: z.boolean("must be true or false").optional(),
  }),
);
export interface GetPropertiesUsingArgs extends z.input<typeof getPropertiesUsingArgs> {}
