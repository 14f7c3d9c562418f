/** What the code of one version uses: its access tokens and namespaces, and what can't be determined of it. */
import type { BundleFiles } from "../bundle/files";
import { readManifest } from "../bundle/manifest";
import { type CodeUse, type CodeUses, type Operation, usesInCode } from "./code";
import { fileOfParts, type HeldTokens, identifier, tokensHeld } from "./heldTokens";
import type { Unclear } from "./modules";

export interface BundleUse {
  readonly held: HeldTokens;
  readonly code: CodeUses;
  /** Versions of other EdgeWorkers whose code this one runs too. */
  readonly dependencies: readonly { readonly edgeWorkerId: number; readonly version: string }[];
}

/** An access token, by all that identifies it. */
export interface TokenIdentity {
  readonly name: string;
  readonly reference?: string | undefined;
  readonly value?: string | undefined;
}

/** How a version uses something. `cannot tell` counts as use: what it would break is not known. */
export interface Use {
  readonly certainty: "uses" | "cannot tell";
  readonly file: string;
  readonly line?: number | undefined;
  /** Such as `holds it` or `reads the namespace`: continues a sentence about the file. */
  readonly how: string;
}

export function usesOfBundle(files: BundleFiles): BundleUse {
  return { held: tokensHeld(files), code: usesInCode(files), dependencies: dependenciesOf(files) };
}

function dependenciesOf(files: BundleFiles): BundleUse["dependencies"] {
  const read = readManifest(files);
  const all = "manifest" in read ? Object.values(read.manifest.dependencies ?? {}) : [];
  return all.flatMap((one) => {
    const { edgeWorkerId, version = "active" } = (one ?? {}) as { edgeWorkerId?: unknown; version?: unknown };
    const id = Number(edgeWorkerId);
    return Number.isInteger(id) && id > 0 ? [{ edgeWorkerId: id, version: String(version) }] : [];
  });
}

/** Whether the bundle holds the token. */
export function useOfToken({ held }: BundleUse, { name, reference, value }: TokenIdentity): Use | undefined {
  const wanted = new Set(
    [reference, value].flatMap((one) => (one === undefined || one === "" ? [] : [identifier(one)])),
  );
  const isIt = (text: string | undefined) => text !== undefined && wanted.has(identifier(text));
  const found = held.tokens.find((one) => one.name === name || isIt(one.reference) || isIt(one.value));
  const file = found?.file ?? [...held.identifiers].find(([text]) => wanted.has(text))?.[1];
  if (file !== undefined) return { certainty: "uses", file, how: "holds it" };
  const ofParts = [...wanted].map((one) => fileOfParts(held, one)).find((one) => one !== undefined);
  if (ofParts !== undefined) return { certainty: "cannot tell", file: ofParts, how: "has parts of it" };
  const [unclear] = held.unclear;
  return unclear && asUse(unclear);
}

/** Whether the code uses the namespace. Without a token for it, no code can. */
export function useOfNamespace({ held, code }: BundleUse, namespace: string): Use | undefined {
  const uses = code.uses.filter(({ namespaces }) => namespaces?.includes(namespace));
  // A call tells more than the line that makes the object.
  const found = uses.find(({ operations }) => operations !== undefined && operations.length > 0) ?? uses[0];
  if (found !== undefined)
    return { certainty: "uses", file: found.file, line: found.line, how: `${verbOf(found)} the namespace` };
  const token = held.tokens.find((one) => one.namespace === namespace);
  // Whatever the code looks like: nothing else is a token for.
  if (token !== undefined)
    return { certainty: "uses", file: token.file, how: "holds an access token for it" };
  const hasOwnToken = code.uses.some((one) => one.hasOwnToken);
  if (!hasOwnToken && !mayUse(held)) return undefined;
  const unclear = code.unclear[0] ?? unclearUse(code);
  return unclear && asUse(unclear);
}

/** A use that may be one of any namespace. */
function unclearUse({ uses, helper }: CodeUses): Unclear | undefined {
  const computed = uses.find(({ namespaces }) => namespaces === undefined);
  if (computed !== undefined) return { ...computed, reason: "uses a namespace whose name is computed" };
  // A call elsewhere may name a namespace of its own.
  const handedOn = uses.find(({ operations }) => operations === undefined);
  if (handedOn !== undefined) return { ...handedOn, reason: "passes an object for EdgeKV on" };
  return helper !== undefined && uses.length === 0
    ? { file: helper, reason: "has the library of EdgeKV, and no use of it is found" }
    : undefined;
}

function asUse({ file, line, reason }: Unclear): Use {
  return { certainty: "cannot tell", file, line, how: reason };
}

/** Whether it may hold tokens that are for any namespace. */
function mayUse({ tokens, identifiers, unclear }: HeldTokens): boolean {
  const known = new Set(
    tokens.flatMap(({ reference, value }) =>
      [reference, value].flatMap((one) => (one ? [identifier(one)] : [])),
    ),
  );
  const hasOthers = [...identifiers.keys()].some((one) => !known.has(one));
  return unclear.length > 0 || hasOthers;
}

const verbs: Readonly<Record<Operation, string>> = { r: "reads", w: "writes to", d: "deletes in" };

function verbOf({ operations }: CodeUse): string {
  const [first] = operations ?? [];
  return first === undefined ? "uses" : verbs[first];
}
