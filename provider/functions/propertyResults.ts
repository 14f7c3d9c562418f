/** What the functions of Property Manager return. */
import type { Network } from "../api/property/activations";

/** A contract of the account. */
export interface ContractResult {
  /** Such as `ctr_1-3CV382`. */
  readonly contractId: string;
  /** Such as `DIRECT_CUSTOMER`. */
  readonly contractTypeName?: string;
}

/** A group that properties are in. */
export interface GroupResult {
  /** Such as `grp_72297`. */
  readonly groupId: string;
  readonly groupName: string;
  /** Absent for a group at the top. */
  readonly parentGroupId?: string;
  /** Those that its properties can be made on. */
  readonly contractIds: readonly string[];
}

/** A property as it is now. */
export interface PropertyResult {
  /** Such as `prp_173136`. */
  readonly propertyId: string;
  readonly propertyName: string;
  readonly contractId: string;
  readonly groupId: string;
  readonly latestVersion: number;
  /** The version that is live on staging. */
  readonly stagingVersion?: number;
  /** The version that is live on production. */
  readonly productionVersion?: number;
  readonly assetId?: string;
  readonly note?: string;
}

/** A property that a search found, and its versions that match: of the live ones and the latest. */
export interface FoundPropertyResult {
  readonly propertyId: string;
  readonly propertyName: string;
  readonly contractId: string;
  readonly groupId: string;
  readonly versions: readonly MatchingVersion[];
}

/** A version that matches a search. */
export interface MatchingVersion {
  readonly version: number;
  /** Such as `ACTIVE` or `INACTIVE`. */
  readonly stagingStatus: string;
  readonly productionStatus: string;
  readonly updatedByUser?: string;
  /** ISO time in UTC. */
  readonly updatedDate?: string;
}

/** A version of a property. */
export interface PropertyVersionResult extends MatchingVersion {
  readonly etag: string;
  /** Such as `v2026-02-16`. */
  readonly ruleFormat: string;
  readonly productId?: string;
  readonly note?: string;
}

/** The rules of a version, and the result of their validation. */
export interface RulesResult {
  readonly version: number;
  readonly etag: string;
  readonly ruleFormat: string;
  /** The note of the version. */
  readonly comments?: string;
  /** The whole tree, as Property Manager has it. */
  readonly rules: RuleResult;
  /** With one of these, the version can't be activated. */
  readonly errors: readonly FindingResult[];
  readonly warnings: readonly FindingResult[];
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

/** A criterion or a behavior. */
export interface ElementResult {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** An error or a warning. */
export interface FindingResult {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  /** Such as `#/rules/children/0/behaviors/0`. */
  readonly errorLocation?: string;
  readonly behaviorName?: string;
}

/** An activation, or a deactivation, as it is now. */
export interface ActivationResult {
  /** Such as `atv_67037`. */
  readonly activationId: string;
  /** `ACTIVATE` or `DEACTIVATE`. */
  readonly activationType: string;
  readonly version: number;
  readonly network: Network;
  /**
   * `NEW`, `PENDING`, `ZONE_1`, `ZONE_2`, `ZONE_3` or `PENDING_DEACTIVATION`, or an end: `ACTIVE`, `INACTIVE` (superseded), `FAILED`, `DEACTIVATED`.
   * A `DEACTIVATE` that took its version off the network ends as `DEACTIVATED` or as `ACTIVE`.
   */
  readonly status: string;
  readonly note?: string;
  /** ISO time in UTC. */
  readonly submitDate?: string;
  /** When the status changed last, ISO time in UTC. */
  readonly updateDate?: string;
}

/** What is live on a network, and all that was asked for there. */
export interface ActivationsResult {
  /** The version that serves now; absent when none does. */
  readonly liveVersion?: number;
  /** The newest first; cancelled ones are not shown by the service. */
  readonly activations: readonly ActivationResult[];
}
