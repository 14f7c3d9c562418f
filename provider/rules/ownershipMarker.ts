/** The mark at the end of a rule's comments: by it a resource finds its rules again, whatever others did around them. */
import { shortHash } from "../framework/canonical";
import type { Rule } from "../api/property/ruleTree";

const ownerLength = 12;
const keyLength = 6;
const ownMarker = new RegExp(`(\\[pulumi [0-9a-f]{${ownerLength}}/[0-9a-f]{${keyLength}}\\])\\s*$`);
/** Wider than what is written here: what looks like somebody's mark is not taken over. */
const anyMarker = /\[pulumi [^[\]]*\]\s*$/;

type Comments = string | undefined;

export function markerOf(owner: string, key: string): string {
  return `${startOf(owner)}${shortHash(key, keyLength)}]`;
}

/** The comments of the program with the mark behind them. */
export function withMarker(comments: Comments, mark: string): string {
  const text = withoutMarker(comments);
  return text === undefined ? mark : `${text.trimEnd()} ${mark}`;
}

/** The comments as the program says them; undefined when there are none. */
export function withoutMarker(comments: Comments): Comments {
  const mark = markerIn(comments);
  if (mark === undefined) return comments?.trim() ? comments : undefined;
  return (comments ?? "").trimEnd().slice(0, -mark.length).trimEnd() || undefined;
}

/** The mark that ends the comments. Text behind it, other than white space, makes it text like any other. */
export function markerIn(comments: Comments): string | undefined {
  return ownMarker.exec(comments ?? "")?.[1];
}

export function hasMarker({ comments }: Rule): boolean {
  return anyMarker.test(comments ?? "");
}

export function isOwnedBy({ comments }: Rule, owner: string): boolean {
  return markerIn(comments)?.startsWith(startOf(owner)) ?? false;
}

function startOf(owner: string): string {
  return `[pulumi ${shortHash(owner, ownerLength)}/`;
}
