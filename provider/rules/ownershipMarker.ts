/** The ownership marker at the end of a rule's comments. It finds a rule again after others moved or renamed it. */

import type { Rule } from "../api/property/ruleTree";
import { shortHash } from "../framework/canonical";

const ownerLength = 12;
const keyLength = 6;
const ownMarker = new RegExp(`(\\[pulumi [0-9a-f]{${ownerLength}}/[0-9a-f]{${keyLength}}\\])\\s*$`);
/** Wider than what is written here: a rule with anything like a marker is not adopted. */
const anyMarker = /\[pulumi [^[\]]*\]\s*$/;

type Comments = string | undefined;

export function markerOf(owner: string, key: string): string {
  return `${startOf(owner)}${shortHash(key, keyLength)}]`;
}

/** The comments of the program with the marker behind them. */
export function withMarker(comments: Comments, marker: string): string {
  const text = withoutMarker(comments);
  return text === undefined ? marker : `${text.trimEnd()} ${marker}`;
}

/** The comments without the marker; undefined when there are none. */
export function withoutMarker(comments: Comments): Comments {
  const marker = markerIn(comments);
  if (marker === undefined) return comments?.trim() ? comments : undefined;
  return (comments ?? "").trimEnd().slice(0, -marker.length).trimEnd() || undefined;
}

/** The marker that ends the comments. With text behind it, other than white space, it is no marker. */
export function markerIn(comments: Comments): string | undefined {
  return ownMarker.exec(comments ?? "")?.[1];
}

export function hasMarker({ comments }: Rule): boolean {
  return anyMarker.test(comments ?? "");
}

export function isOwnedBy({ comments }: Rule, owner: string): boolean {
  return markerIn(comments)?.startsWith(startOf(owner)) ?? false;
}

/** Whether a rule that is its own key has the name that it was written with. */
export function hasFirstName({ name, comments }: Rule): boolean {
  return markerIn(comments)?.endsWith(`/${shortHash(name, keyLength)}]`) ?? false;
}

function startOf(owner: string): string {
  return `[pulumi ${shortHash(owner, ownerLength)}/`;
}
