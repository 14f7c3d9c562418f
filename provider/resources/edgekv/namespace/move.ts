/**
 * Copies the data of a namespace into the one that replaces it, and compares. Only then do other resources get the new name; the
 * old namespace goes last.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { namespaceKey } from "../../../api/edgekv/keys";
import type { Network } from "../../../api/edgekv/namespaces";
import { isBulkUnavailable, type NamespaceRef } from "../../../api/edgekv/uploads";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { ApiError, PreconditionError, WaitError } from "../../../errors";
import { formatCount, formatItems, formatKeys } from "../../../items/format";
import { SnapshotWriter } from "../../../items/snapshot/files";
import type { Context } from "../../../runtime/context";
import { makeWorkFolder } from "../../../runtime/ownFiles";
import { type Key, slot } from "../../../runtime/runState";
import { deleteItems, readItemsFile, writeFileInto } from "../bulk/copyData";
import { digestOf, downloadVerified } from "../bulk/verifiedDownload";
import { findNamespaceEventually, isScheduled, markNew } from "./observe";
import type { NamespaceInputs } from "./schema";

/** Copies that are made while others go on to write. */
const maxRounds = 3;

/** What was moved in this run: the digest of each old namespace. */
const moved = slot(() => new Map<Key, string>());

const nameOf = ({ network, namespace }: NamespaceRef) => `namespace ${namespace} on ${network}`;

/** The namespace that an input `movedFrom` names. */
export function toRef(movedFrom: string): NamespaceRef {
  const [network = "", namespace = ""] = movedFrom.split("/");
  return { network: network as Network, namespace };
}

/** Moves the data of the old namespace into the new one, which exists already. */
export async function moveData(context: Context, wanted: NamespaceInputs, movedFrom: string): Promise<void> {
  const from = toRef(movedFrom);
  const to: NamespaceRef = { network: wanted.network, namespace: wanted.name };
  const live = await findNamespaceEventually(context, from.network, from.namespace);
  if (live === undefined || isScheduled(live))
    throw new PreconditionError(
      `${nameOf(from)} ${live === undefined ? "is gone" : "is scheduled for deletion"}, so that its data can't be moved. Run \`pulumi refresh\`, or remove \`moveDataOnReplace\``,
    );
  try {
    await copyUntilSame(context, from, to);
  } catch (error) {
    throw failure(from, to, error);
  }
}

async function copyUntilSame(context: Context, from: NamespaceRef, to: NamespaceRef): Promise<void> {
  const folder = makeWorkFolder();
  const writers: SnapshotWriter[] = [];
  try {
    for (let round = 1; round <= maxRounds; round++) {
      const writer = new SnapshotWriter(join(folder, String(round)), from);
      writers.push(writer);
      const digest = await downloadVerified(context, from, writer);
      await removeSurplus(context, to, writer.path, writers.at(-2)?.path);
      if (`${await digestOf(context, to)}` !== digest) {
        await writeFileInto(context, to, writer.path);
        await awaitSame(context, to, digest);
      }
      // What was written to the old one meanwhile is copied too.
      if (`${await digestOf(context, from)}` !== digest) continue;
      context.runState.get(moved).set(namespaceKey(from.network, from.namespace), digest);
      markNew(context.runState, to.network, to.namespace);
      context.logger.info(
        `${formatItems(writer.digest.count)} of ${nameOf(from)} were moved to ${nameOf(to)}, and compared.`,
      );
      return;
    }
    throw new WaitError("others write to the old one all the time");
  } finally {
    for (const writer of writers) writer.discard();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Deletes what an earlier copy had and this one has not. What no copy had is not this program's. */
async function removeSurplus(
  context: Context,
  to: NamespaceRef,
  file: string,
  before: string | undefined,
): Promise<void> {
  const found: { group: string; key: string }[] = [];
  await digestOf(context, to, () => {
    found.length = 0;
    return ({ group, key }) => found.push({ group, key });
  });
  if (found.length === 0) return;
  const keys = await keysOf(file);
  const surplus = found.filter(({ group, key }) => !keys.has(`${group}/${key}`));
  if (surplus.length === 0) return;
  const copied = before === undefined ? new Set<string>() : await keysOf(before);
  const foreign = surplus.filter(({ group, key }) => !copied.has(`${group}/${key}`));
  if (foreign.length > 0)
    throw new PreconditionError(
      `it has items already that the old one has not: ${formatKeys(foreign.map(({ group, key }) => `${group}/${key}`))} (${formatCount(foreign.length)} in all). Choose another name, or delete them`,
    );
  await deleteItems(context, to, surplus);
}

async function keysOf(file: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { group, key } of readItemsFile(file)) keys.add(`${group}/${key}`);
  return keys;
}

async function awaitSame(context: Context, to: NamespaceRef, digest: string): Promise<void> {
  await pollUntil(context, {
    what: `${nameOf(to)} to have the same items`,
    observe: async (): Promise<Observation<void>> => {
      const live = await digestOf(context, to);
      return `${live}` === digest
        ? { state: "the same", is: "reached", value: undefined }
        : { state: `different (${formatItems(live.count)})`, is: "pending" };
    },
    interval: 3,
    timeout: propagation.itemPropagated.seconds,
    hint: "",
  });
}

function failure(from: NamespaceRef, to: NamespaceRef, error: unknown): PreconditionError {
  const noTransfer = isBulkUnavailable(error) && error instanceof ApiError;
  const reason = noTransfer
    ? `the service has no download (${error.message})`
    : error instanceof Error
      ? error.message.trim().replace(/\.$/, "")
      : String(error);
  const advice = noTransfer
    ? "Without `moveDataOnReplace`, set `replaceDeletesData: true` when the data may go"
    : "Run `up` again: the copy goes on";
  return new PreconditionError(
    `the data of ${nameOf(from)} could not be moved to ${nameOf(to)}: ${reason}. The old one stays as it is. ${advice}`,
    { cause: error },
  );
}

/** Fails when the old namespace has got other data since it was copied: its delete would lose that. */
export async function assertNothingNew(context: Context, { network, name }: NamespaceInputs): Promise<void> {
  const digest = context.runState.get(moved).get(namespaceKey(network, name));
  if (digest === undefined) return;
  const ref = { network, namespace: name };
  if (`${await digestOf(context, ref)}` === digest || `${await digestOf(context, ref)}` === digest) return;
  throw new PreconditionError(
    `${nameOf(ref)} was written to since its data was moved, and is not deleted: code or people still use it. Copy what is new, stop what writes there, and run \`up\` again: that deletes it`,
  );
}
