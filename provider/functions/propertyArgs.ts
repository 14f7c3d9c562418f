/** What the functions of Property Manager take. */
import { shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");

const fieldsOfProperty = {
  /** The id of the property, with or without `prp_`. */
  propertyId: z.string("must be text, such as prp_173136"),
  /** With or without `ctr_`. Default: looked up. */
  contractId: z.string("must be text, such as ctr_1-3CV382").optional(),
  /** With or without `grp_`. Default: looked up. */
  groupId: z.union([z.string(), z.number()], "must be text or a number, such as grp_72297").optional(),
};

/** A property, and whose it is, where that is known. */
export const ofProperty = shape("OfProperty", z.object({ ...fieldsOfProperty }));
export interface OfProperty extends z.input<typeof ofProperty> {}

export const propertyByName = shape(
  "PropertyByName",
  z.object({
    /** The whole name. */
    propertyName: z.string("must be text"),
  }),
);
export interface PropertyByName extends z.input<typeof propertyByName> {}

export const propertyByHostname = shape(
  "PropertyByHostname",
  z.object({
    /** A hostname of a live version or the latest. */
    hostname: z.string("must be text"),
  }),
);
export interface PropertyByHostname extends z.input<typeof propertyByHostname> {}

/** A whole name, or a hostname of a live version or the latest. */
export type PropertySearch = PropertyByName | PropertyByHostname;

/** A property by its id, its whole name, or a hostname. */
export type WhichProperty = OfProperty | PropertySearch;

/** Rules of a property. */
export const whichRules = shape(
  "WhichRules",
  z.object({
    ...fieldsOfProperty,
    /** A number, the `latest`, or the one that is live on `staging` or `production`. Default: `latest`. */
    version: z
      .union(
        [z.int(), z.enum(["latest", "staging", "production"])],
        "must be a number, `latest`, `staging` or `production`",
      )
      .optional(),
  }),
);
export interface WhichRules extends z.input<typeof whichRules> {}

/** A property on a network. */
export const whichActivations = shape(
  "WhichActivations",
  z.object({
    ...fieldsOfProperty,
    /** `staging` or `production`. */
    network,
  }),
);
export interface WhichActivations extends z.input<typeof whichActivations> {}
