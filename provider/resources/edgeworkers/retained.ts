/** Code that stays live keeps the objects that it uses: no delete of the same run may break it. */

import { namespaceKey, tokenKey } from "../../api/edgekv/keys";
import { activationKey, edgeWorkerKey, versionKey } from "../../api/edgeworkers/keys";
import { downloadVersion } from "../../api/edgeworkers/versions";
import { BundleError, type BundleFiles, unpack } from "../../bundle/files";
import { tokensHeld } from "../../liveUse/heldTokens";
import type { Context } from "../../runtime/context";
import { type LiveCode, leavesCodeLive, markStillUsed, userOf } from "../stillUsed";

/**
 * Records that the version stays on the network, with the tokens and namespaces that its bundle names. Reports once what stays, and
 * how to take it down.
 * @param declaredTokens the tokens that the state names for it: they stay even when the bundle can't be read
 */
export async function leaveLive(
  context: Context,
  code: LiveCode,
  declaredTokens: readonly string[],
): Promise<void> {
  const { runState, logger } = context;
  const { edgeWorkerId, version, network } = code;
  const isFirst = !leavesCodeLive(runState);
  const activation = activationKey(edgeWorkerId, network);
  const isKnown = userOf(runState, activation)?.version === version;
  const found = isKnown ? new Map<string, readonly string[]>() : await readTokens(context, code);
  const tokens = [...new Set([...found.keys(), ...declaredTokens])];
  const namespaces = [...new Set([...found.values()].flat())].sort();
  const keys = [
    activation,
    versionKey(edgeWorkerId, version),
    edgeWorkerKey(edgeWorkerId),
    ...tokens.map(tokenKey),
    ...namespaces.map((name) => namespaceKey(network, name)),
  ];
  markStillUsed(runState, keys, code);
  if (isKnown) return;
  const uses = [
    ...tokens.map((name) => `access token ${name}`),
    ...namespaces.map((name) => `namespace ${name} on ${network} with its items`),
  ];
  const stays = `EdgeWorker ${edgeWorkerId}: version ${version} stays live on ${network}.`;
  const alongside = uses.length === 0 ? "" : ` What its code uses stays too: ${uses.join(", ")}.`;
  logger.info(
    `${stays}${alongside} The run removes all of that from the state, and leaves it in the account.${isFirst ? takeDown : ""}`,
  );
}

/** Reported with the first version that stays. */
const takeDown = [
  "",
  'To take everything down, set `deletion: { mode: "deactivate" }` on the activation, and run `pulumi up` before `pulumi destroy`.',
  "If the state is gone already, bring the last one back with `pulumi stack import` first.",
  "Without it, declare the activation with this EdgeWorker and version, and the namespaces with `adopt: true`; delete the EdgeWorker and the tokens by hand.",
].join("\n  ");

/** The tokens that the version holds, with their namespaces; none when its bundle can't be read. */
async function readTokens(
  context: Context,
  { edgeWorkerId, version }: LiveCode,
): Promise<ReadonlyMap<string, readonly string[]>> {
  try {
    return tokensIn(await unpack(await downloadVersion(context.http, edgeWorkerId, version), version));
  } catch (error) {
    // A destroy ends even when the service fails, or when somebody built the bundle by hand.
    context.logger.warn(
      `EdgeWorker ${edgeWorkerId}: what version ${version} uses could not be read. Only the access tokens that its resource names in \`tokens\` stay, with their namespaces (${error instanceof Error ? error.message : String(error)}).`,
    );
    return new Map();
  }
}

function tokensIn(files: BundleFiles): ReadonlyMap<string, readonly string[]> {
  const { tokens, unclear } = tokensHeld(files);
  const [problem] = unclear;
  if (problem !== undefined) throw new BundleError(`${problem.file} ${problem.reason}`);
  const found = new Map<string, string[]>();
  for (const { name, namespace } of tokens)
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), namespace]);
  return found;
}
