import type { ResourceTier } from "../../edgeworkers/resourceTiers";

/** The code of one version. */
export interface Code {
  readonly edgeWorkerId: number;
  readonly version: string;
  /** Of the bytes: a version that is made anew is another code. */
  readonly checksum: string;
  readonly files: Readonly<Record<string, string>>;
  readonly tier: ResourceTier;
}
