/** What the functions of Property Manager give. */
import { shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");

/** A contract of the account. */
export const contractResult = shape(
  "ContractResult",
  z.object({
    /** Such as `ctr_1-3CV382`. */
    contractId: z.string(),
    /** Such as `DIRECT_CUSTOMER`. */
    contractTypeName: z.exactOptional(z.string()),
  }),
);
export interface ContractResult extends z.output<typeof contractResult> {}

/** A group that properties are in. */
export const groupResult = shape(
  "GroupResult",
  z.object({
    /** Such as `grp_72297`. */
    groupId: z.string(),
    /** Its name. */
    groupName: z.string(),
    /** Absent for a group at the top. */
    parentGroupId: z.exactOptional(z.string()),
    /** Those that its properties can be made on. */
    contractIds: z.array(z.string()),
  }),
);
export interface GroupResult extends z.output<typeof groupResult> {}

/** A property as it is now. */
export const propertyResult = shape(
  "PropertyResult",
  z.object({
    /** Such as `prp_173136`. */
    propertyId: z.string(),
    /** Its name. */
    propertyName: z.string(),
    /** Such as `ctr_1-3CV382`. */
    contractId: z.string(),
    /** Such as `grp_72297`. */
    groupId: z.string(),
    /** The number of the latest version. */
    latestVersion: z.int(),
    /** The version that is live on staging. */
    stagingVersion: z.exactOptional(z.int()),
    /** The version that is live on production. */
    productionVersion: z.exactOptional(z.int()),
    /** Such as `aid_10443077`. */
    assetId: z.exactOptional(z.string()),
    /** The note of the property. */
    note: z.exactOptional(z.string()),
  }),
);
export interface PropertyResult extends z.output<typeof propertyResult> {}

const ofVersion = {
  /** The number of the version. */
  version: z.int(),
  /** Such as `ACTIVE` or `INACTIVE`. */
  stagingStatus: z.string(),
  /** Such as `ACTIVE` or `INACTIVE`. */
  productionStatus: z.string(),
  /** Who changed it last. */
  updatedByUser: z.exactOptional(z.string()),
  /** ISO time in UTC. */
  updatedDate: z.exactOptional(z.string()),
};

/** A version that matches a search. */
export const matchingVersion = shape("MatchingVersion", z.object({ ...ofVersion }));
export interface MatchingVersion extends z.output<typeof matchingVersion> {}

/** A property that a search found, and its versions that match: of the live ones and the latest. */
export const foundPropertyResult = shape(
  "FoundPropertyResult",
  z.object({
    /** Such as `prp_173136`. */
    propertyId: z.string(),
    /** Its name. */
    propertyName: z.string(),
    /** Such as `ctr_1-3CV382`. */
    contractId: z.string(),
    /** Such as `grp_72297`. */
    groupId: z.string(),
    /** The newest first. */
    versions: z.array(matchingVersion),
  }),
);
export interface FoundPropertyResult extends z.output<typeof foundPropertyResult> {}

/** A version of a property. */
export const propertyVersionResult = shape(
  "PropertyVersionResult",
  z.object({
    ...ofVersion,
    /** The etag of its rules. */
    etag: z.string(),
    /** Such as `v2026-02-16`. */
    ruleFormat: z.string(),
    /** The product, such as `prd_SPM`. */
    productId: z.exactOptional(z.string()),
    /** The note of the version. */
    note: z.exactOptional(z.string()),
  }),
);
export interface PropertyVersionResult extends z.output<typeof propertyVersionResult> {}

/** A criterion or a behavior. */
export interface ElementResult {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** A rule with all below it; members that are not named here are there too. */
export interface RuleResult {
  readonly name: string;
  readonly comments?: string | undefined;
  readonly criteria?: readonly ElementResult[] | undefined;
  readonly behaviors?: readonly ElementResult[] | undefined;
  readonly children?: readonly RuleResult[] | undefined;
  readonly [member: string]: unknown;
}

/** A tree contains itself: it is any JSON to other languages. */
const ruleResult: z.ZodType<RuleResult> = shape("RuleResult", z.custom<RuleResult>());

/** An error or a warning. */
export const findingResult = shape(
  "FindingResult",
  z.object({
    /** Its kind. */
    type: z.exactOptional(z.string()),
    /** In short. */
    title: z.exactOptional(z.string()),
    /** In full. */
    detail: z.exactOptional(z.string()),
    /** Such as `#/rules/children/0/behaviors/0`. */
    errorLocation: z.exactOptional(z.string()),
    /** The behavior that it is about. */
    behaviorName: z.exactOptional(z.string()),
  }),
);
export interface FindingResult extends z.output<typeof findingResult> {}

/** The rules of a version, and the result of their validation. */
export const rulesResult = shape(
  "RulesResult",
  z.object({
    /** The number of the version. */
    version: z.int(),
    /** The etag of the rules. */
    etag: z.string(),
    /** Such as `v2026-02-16`. */
    ruleFormat: z.string(),
    /** The note of the version. */
    comments: z.exactOptional(z.string()),
    /** The whole tree, as Property Manager has it. */
    rules: ruleResult,
    /** With one of these, the version can't be activated. */
    errors: z.array(findingResult),
    /** What should be changed, and need not. */
    warnings: z.array(findingResult),
  }),
);
export interface RulesResult extends z.output<typeof rulesResult> {}

/** An activation, or a deactivation, as it is now. */
export const activationResult = shape(
  "ActivationResult",
  z.object({
    /** Such as `atv_67037`. */
    activationId: z.string(),
    /** `ACTIVATE` or `DEACTIVATE`. */
    activationType: z.string(),
    /** The number of the version. */
    version: z.int(),
    /** `staging` or `production`. */
    network,
    /**
     * `NEW`, `PENDING`, `ZONE_1`, `ZONE_2`, `ZONE_3` or `PENDING_DEACTIVATION`, or an end: `ACTIVE`, `INACTIVE` (superseded), `FAILED`, `DEACTIVATED`.
     * A `DEACTIVATE` that took its version off the network ends as `DEACTIVATED` or as `ACTIVE`.
     */
    status: z.string(),
    /** The note that it was requested with. */
    note: z.exactOptional(z.string()),
    /** ISO time in UTC. */
    submitDate: z.exactOptional(z.string()),
    /** When the status changed last, ISO time in UTC. */
    updateDate: z.exactOptional(z.string()),
  }),
);
export interface ActivationResult extends z.output<typeof activationResult> {}

/** What is live on a network, and all that was asked for there. */
export const activationsResult = shape(
  "ActivationsResult",
  z.object({
    /** The version that serves now; absent when none does. */
    liveVersion: z.exactOptional(z.int()),
    /** The newest first; cancelled ones are not shown by the service. */
    activations: z.array(activationResult),
  }),
);
export interface ActivationsResult extends z.output<typeof activationsResult> {}
