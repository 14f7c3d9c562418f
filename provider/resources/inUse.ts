/** Refuses to delete what live code uses: code of this program, of another stack, or activated by hand. */
import type { Network } from "../api/edgeworkers/activations";
import { versionKey } from "../api/edgeworkers/keys";
import { PreconditionError } from "../errors";
import type { LiveQuestion, LiveUser } from "../liveUse/account";
import type { TokenIdentity } from "../liveUse/bundleUse";
import type { Context } from "../runtime/context";
import { slot } from "../runtime/runState";
import { userOf } from "./stillUsed";

const maxShown = 3;

/** Resources whose program allows the delete although code is live, by their owner. The state has what the last `up` allowed. */
const allowed = slot(() => new Set<string>());

/** Records what the program allows now: a replacement deletes by the state, which has the inputs of before. */
export function recordEvenIfLive(
  context: Context,
  owner: string | undefined,
  isAllowed: boolean | undefined,
): void {
  if (owner !== undefined && isAllowed === true) context.runState.get(allowed).add(owner);
}

interface Managed {
  readonly owner: string;
  readonly deletion: { readonly evenIfLive?: boolean | undefined };
}

export interface TokenInUse extends TokenIdentity {
  readonly allowOnStaging: boolean;
  readonly allowOnProduction: boolean;
  readonly restrictToEdgeWorkerIds?: readonly (string | number)[] | undefined;
}

/** What reads code is loaded when something is to be deleted: most runs do without. */
const bundleUse = () => require("../liveUse/bundleUse") as typeof import("../liveUse/bundleUse");
const account = () => require("../liveUse/account") as typeof import("../liveUse/account");

/** The live versions that hold the token, where it is allowed. */
export function usersOfToken(context: Context, token: TokenInUse): Promise<LiveUser[]> {
  const networks: Network[] = [
    ...(token.allowOnStaging ? ["staging" as const] : []),
    ...(token.allowOnProduction ? ["production" as const] : []),
  ];
  const ids = token.restrictToEdgeWorkerIds ?? [];
  const { useOfToken } = bundleUse();
  return usersOf(context, {
    what: `access token ${token.name}`,
    edgeWorkerIds: ids.length === 0 || ids.includes("all") ? undefined : ids.map(Number),
    networks,
    useOf: (bundle) => useOfToken(bundle, token),
  });
}

/** The live versions that use the namespace on its network. */
export function usersOfNamespace(
  context: Context,
  { name, network }: { readonly name: string; readonly network: Network },
): Promise<LiveUser[]> {
  const { useOfNamespace } = bundleUse();
  return usersOf(context, {
    what: `namespace ${name} on ${network}`,
    edgeWorkerIds: undefined,
    networks: [network],
    useOf: (bundle) => useOfNamespace(bundle, name),
  });
}

async function usersOf(context: Context, question: LiveQuestion): Promise<LiveUser[]> {
  if (!context.settings.liveUseCheck) return [];
  const users = await account().findLiveUsers(context, question);
  // Of a version that this run leaves live and that can't be read, the run said so already.
  return users.filter(
    ({ edgeWorkerId, version, use }) =>
      use.file !== "" || userOf(context.runState, versionKey(edgeWorkerId, version)) === undefined,
  );
}

/**
 * Fails while live code holds the token.
 * @param isThere whether the token can still be used: it is asked only when code holds it
 */
export async function assertTokenNotLive(
  context: Context,
  token: TokenInUse & Managed,
  isThere: () => Promise<boolean>,
): Promise<void> {
  if (isAllowed(context, token)) return;
  const users = await usersOfToken(context, token);
  if (users.length > 0 && (await isThere()))
    throw new PreconditionError(`${tokenInUse(users)}. ${tokenChoices}`);
}

/**
 * Fails while live code uses the namespace.
 * @param isThere whether its data can still be read: it is asked only when code uses it
 */
export async function assertNamespaceNotLive(
  context: Context,
  namespace: { readonly name: string; readonly network: Network } & Managed & {
      readonly deletion: { readonly mode: string };
    },
  isThere: () => Promise<boolean>,
): Promise<void> {
  if (isAllowed(context, namespace)) return;
  const users = await usersOfNamespace(context, namespace);
  if (users.length === 0 || !(await isThere())) return;
  const { mode } = namespace.deletion;
  throw new PreconditionError(
    `it is in use: ${describeUsers(users)}. Its data could not be read or written any more. Deactivate that code, or activate a version without it, and run again. ` +
      `${stays("the namespace", "retain")}. To delete it all the same, set \`deletion: { mode: "${mode}", evenIfLive: true }\`. Run \`pulumi up\` with that before you remove it`,
  );
}

/** Why a token can't be revoked now. */
export function tokenInUse(users: readonly LiveUser[]): string {
  return `it is in use: ${describeUsers(users)}. Its requests to EdgeKV would get 401`;
}

const tokenChoices = `Deactivate that code, or activate a version without the token, and run again. ${stays("the token", "retain")}. To revoke it all the same, set \`deletion: { mode: "revoke", evenIfLive: true }\`. Run \`pulumi up\` with that before you remove it`;

export function stays(what: string, mode: string): string {
  return `To leave ${what} as it is, set \`deletion: { mode: "${mode}" }\``;
}

function isAllowed({ runState }: Context, { owner, deletion }: Managed): boolean {
  return deletion.evenIfLive === true || runState.get(allowed).has(owner);
}

/** Such as `version 1.0 of EdgeWorker 54321, live on production, holds it (edgekv_tokens.js)`. */
export function describeUsers(users: readonly LiveUser[]): string {
  const shown = users.slice(0, maxShown).map(describeUser);
  const more = users.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function describeUser({ edgeWorkerId, version, network, isComing, use }: LiveUser): string {
  const which =
    version === ""
      ? `EdgeWorker ${edgeWorkerId} on ${network}`
      : `version ${version} of EdgeWorker ${edgeWorkerId}, ${isComing ? "on its way to" : "live on"} ${network},`;
  const where = use.file === "" ? "" : ` (${use.file}${use.line === undefined ? "" : `, line ${use.line}`})`;
  if (use.certainty === "uses") return `${which} ${use.how}${where}`;
  const reason = use.file === "" ? use.how : `its code ${use.how}`;
  return `${which} may use it: ${reason}${where}`;
}
