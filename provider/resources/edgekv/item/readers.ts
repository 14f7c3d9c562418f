/** Live code that reads items: a destroy does not take its data away. */
import { namespaceKey } from "../../../api/edgekv/keys";
import type { Network } from "../../../api/edgekv/namespaces";
import { PreconditionError } from "../../../errors";
import type { LiveUser } from "../../../liveUse/account";
import type { Context } from "../../../runtime/context";
import { type Key, slot } from "../../../runtime/runState";
import { describeUsers, stays, usersOfNamespace } from "../../inUse";
import { awaitTakenOff } from "../../takingOff";
import { isStillUsed } from "../namespace/observe";
import { whyUnreachable } from "./observe";

interface Doomed {
  readonly network: Network;
  readonly namespace: string;
  readonly sandboxId?: string | undefined;
  readonly deletion?:
    | { readonly mode: "delete" | "retain"; readonly evenIfLive?: boolean | undefined }
    | undefined;
}

/** Milliseconds that an answer counts for the other items of the namespace. Others may activate something meanwhile. */
const maxAge = 60_000;

interface Answer {
  /** When it came; undefined while it is awaited. */
  at: number | undefined;
  readonly users: Promise<readonly LiveUser[]>;
}

/** By namespace. */
const answers = slot(() => new Map<Key, Answer>());

/**
 * Whether the data stays in place when its resource is deleted: the program wants that, or code that this run leaves live uses it. A
 * destroy first waits for code that it takes off itself, and fails while other code that reads the data is live. An `up` that drops
 * the resource does neither: what the data is, is the program's to set.
 */
export async function staysForReaders(context: Context, data: Doomed, title: string): Promise<boolean> {
  const { runState, logger } = context;
  const { network, namespace, deletion } = data;
  const isUsed = () => isStillUsed(runState, { network, name: namespace });
  if (isUsed()) return true;
  if (deletion?.mode === "retain") {
    logger.info(`${title} stays. It is no longer managed by Pulumi.`);
    return true;
  }
  // Live code reads no sandbox.
  if (runState.hasProgram || deletion?.evenIfLive === true || data.sandboxId !== undefined) return false;
  const users = await readersOf(context, data);
  if (isUsed()) return true;
  if (users.length === 0) return false;
  throw new PreconditionError(
    `it is in use: ${describeUsers(users)}. That code would no longer find the data. Deactivate that code, or activate a version without it, and run again. ` +
      `${stays("the data", "retain")}. To delete it all the same, set \`deletion: { mode: "delete", evenIfLive: true }\`. Run \`pulumi up\` with that before you destroy it`,
  );
}

/** Asked once for all items of a namespace that are deleted side by side. */
function readersOf(context: Context, data: Doomed): Promise<readonly LiveUser[]> {
  const known = context.runState.get(answers);
  const key = namespaceKey(data.network, data.namespace);
  const now = context.clock.now();
  const last = known.get(key);
  if (last !== undefined && (last.at === undefined || now - last.at < maxAge)) return last.users;
  const answer: Answer = { at: undefined, users: findReaders(context, data) };
  known.set(key, answer);
  answer.users.then(
    () => {
      answer.at = context.clock.now();
    },
    () => known.delete(key),
  );
  return answer.users;
}

/** The code that reads the namespace, and that this run does not take off. */
async function findReaders(context: Context, data: Doomed): Promise<readonly LiveUser[]> {
  const { network, namespace: name } = data;
  const seen = new Set<Key>();
  for (;;) {
    const users = await usersOfNamespace(context, { name, network });
    if (users.length === 0 || isStillUsed(context.runState, { network, name })) return users;
    // No code can read what is to be deleted with its namespace.
    if ((await whyUnreachable(context, data)) !== undefined) return [];
    if (!(await awaitTakenOff(context, users, seen))) return users;
  }
}
