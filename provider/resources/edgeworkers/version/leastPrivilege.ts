/** What the code of a version needs of its access tokens, reported at preview: the edge would answer 403. */
import type { Token } from "../../../api/edgekv/tokens";
import { findEdgeWorker } from "../../../api/edgeworkers/ids";
import type { BundleFiles } from "../../../bundle/files";
import type { CheckFailure } from "../../../framework/resource";
import type { CodeUses, Operation } from "../../../liveUse/code";
import { usesInCode } from "../../../liveUse/code";
import { tokensHeld } from "../../../liveUse/heldTokens";
import { type Grant, type Lack, lacking, smallerPermissions } from "../../../liveUse/permissions";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import { declaredPermissions, groupOfEdgeWorker, groupOfNamespace } from "../../declared";
import { ifAllowed } from "../observe";
import { displayName } from "./identity";
import type { VersionInputs } from "./schema";

/** Warnings of this run: the engine checks a replacement twice. */
const reported = slot(() => new Set<string>());

/**
 * @param names the tokens that the program sets for the version
 * @param tokens the tokens as the service has them, where all of them exist
 */
export async function preflightPermissions(
  context: Context,
  known: Partial<VersionInputs>,
  files: BundleFiles,
  tokens: readonly Token[] | undefined,
): Promise<CheckFailure[]> {
  const names = known.tokens ?? [];
  if (names.length === 0) return [];
  const code = usesInCode(files);
  const grants = names.map((name) => grantOf(context, name, tokens));
  const all = grants.filter((one) => one !== undefined);
  const lacks = certain(lacking(code, all), all.length === names.length, files);
  if (lacks.length > 0) return lacks.map((lack) => ({ property: "tokens", reason: describeLack(lack) }));
  for (const grant of all) warnOfUnusedPermissions(context, known, code, grant);
  await warnOfGroups(context, known, code);
  return [];
}

/** The declared permissions come first: a token that the program replaces has others still. */
function grantOf(
  { runState }: Context,
  name: string,
  tokens: readonly Token[] | undefined,
): Grant | undefined {
  const permissions =
    declaredPermissions(runState, name) ?? tokens?.find((token) => token.name === name)?.namespacePermissions;
  return permissions ? { name, permissions } : undefined;
}

/** A token that is not known, or that is in the bundle already, may be for the namespace. */
function certain(lacks: readonly Lack[], areAllKnown: boolean, files: BundleFiles): Lack[] {
  const { tokens, unclear } = tokensHeld(files);
  const isElsewhere = (namespace: string) =>
    !areAllKnown || unclear.length > 0 || tokens.some((one) => one.namespace === namespace);
  return lacks.filter(({ token, namespace }) => token !== undefined || !isElsewhere(namespace));
}

const verbs: Readonly<Record<Operation, string>> = { r: "reads", w: "writes to", d: "deletes in" };

function describeLack({ namespace, operation, file, line, token }: Lack): string {
  const does = `the code ${verbs[operation]} the namespace ${namespace} (${file}, line ${line})`;
  if (token === undefined)
    return `has no access token for the namespace ${namespace}: ${does}. Add a token that allows ${JSON.stringify({ [namespace]: [operation] })}`;
  const has = token.permissions[namespace] ?? [];
  const needed = ["r", "w", "d"].filter((letter) => has.includes(letter) || letter === operation);
  return `has access token ${token.name}, which does not allow it: ${does}. Set its \`namespacePermissions\` of ${namespace} to ${JSON.stringify(needed)}`;
}

function warnOfUnusedPermissions(
  context: Context,
  known: Partial<VersionInputs>,
  code: CodeUses,
  grant: Grant,
): void {
  const enough = smallerPermissions(code, grant);
  if (enough === undefined) return;
  const set =
    Object.keys(enough).length === 0
      ? "does not use it"
      : `needs no more than \`namespacePermissions: ${JSON.stringify(enough)}\``;
  warnOnce(
    context,
    `access token ${grant.name} allows ${JSON.stringify(grant.permissions)}. The code of ${displayName(known)} ${set}. Unless other code holds the token, allow no more.`,
    `unused permissions ${grant.name}`,
  );
}

/** Whoever may read the bundle holds the token: the documents ask for one access group. */
async function warnOfGroups(
  context: Context,
  known: Partial<VersionInputs>,
  { uses }: CodeUses,
): Promise<void> {
  const { edgeWorkerId } = known;
  const namespaces = [...new Set(uses.flatMap((use) => use.namespaces ?? []))];
  const groups = namespaces.flatMap((name) => {
    const groupId = groupOfNamespace(context.runState, name);
    return groupId === undefined || groupId === 0 ? [] : [{ name, groupId }];
  });
  if (edgeWorkerId === undefined || groups.length === 0) return;
  const own =
    groupOfEdgeWorker(context.runState, edgeWorkerId) ??
    (
      await ifAllowed(() =>
        context.runState.read(keyOf("edgeworker id", edgeWorkerId), () =>
          findEdgeWorker(context.http, edgeWorkerId),
        ),
      )
    )?.groupId;
  for (const { name, groupId } of groups) {
    if (own === undefined || own === groupId) continue;
    warnOnce(
      context,
      `EdgeWorker ${edgeWorkerId} is in access group ${own}. The namespace ${name}, which its code uses, is in access group ${groupId}. Everyone who may read the bundle can read the token in it. Put both into one access group.`,
      `groups ${edgeWorkerId} ${name}`,
    );
  }
}

function warnOnce(context: Context, message: string, key: string): void {
  const known = context.runState.get(reported);
  if (known.has(key)) return;
  known.add(key);
  context.logger.warn(message);
}
