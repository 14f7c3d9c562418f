import { z } from "zod";
import { findLive } from "../../api/edgeworkers/activations";
import {
  createEdgeWorker,
  deleteEdgeWorker,
  type EdgeWorkerId,
  findEdgeWorker,
  listEdgeWorkers,
  listPropertiesUsing,
  updateEdgeWorker,
} from "../../api/edgeworkers/ids";
import { listGroups, listResourceTiers } from "../../api/edgeworkers/lookups";
import { deleteVersion, listVersions, type Version } from "../../api/edgeworkers/versions";
import { shortHash } from "../../core/canonical";
import type { Context } from "../../core/context";
import { whileEarly } from "../../core/early";
import { InputError, PartialFailure, RefusedError, ServiceError } from "../../core/errors";
import { once } from "../../core/once";
import { type Draft, type Failure, ownership, type Resource, replaces, updates } from "../../core/resource";
import { unknownValue } from "../../core/unknown";
import { findSurely, waitFor } from "../../core/wait";

/** What a program says of an EdgeWorker. */
export const edgeWorkerArgs = z.strictObject({
  /** A name for people; it need not be unique. Default: the resource's name in the program. */
  name: updates(z.string().min(1, "must not be empty").max(256).optional()),
  /** The access group that the EdgeWorker belongs to. */
  groupId: updates(z.int("must be a whole number: the id of an access group").min(0, "must not be negative")),
  /** The resource tier: 100 is Basic Compute, 200 Dynamic Compute, which EdgeKV may need. Set for good: another tier is another EdgeWorker. */
  resourceTierId: replaces(z.int("must be a whole number: the id of a resource tier").min(1).optional()),
  /** The tier by its name instead, such as `Dynamic Compute`; needs `contractId`, and is looked up at preview. */
  resourceTier: updates(z.string().min(1).optional()),
  /** The contract whose tiers `resourceTier` is looked up in, without `ctr_`. */
  contractId: updates(
    z
      .string()
      .regex(/^(?!ctr_)\S+$/, "must be a contract id without `ctr_`")
      .optional(),
  ),
  /** At most 128 characters. */
  description: updates(z.string().max(128, "must have no more than 128 characters").optional()),
  /** Destroying the EdgeWorker also deletes the versions that somebody else uploaded. Default: false, which makes them an error. */
  deleteVersions: updates(z.boolean("must be true or false").default(false)),
});

const edgeWorkerComputed = z.object({ ...ownership });

/** What the service tells of an EdgeWorker. */
export const edgeWorkerOutputs = z.object({
  /** The id that versions, activations, tokens and property rules name it by. */
  edgeWorkerId: z.number(),
  /** The account that it belongs to. */
  accountId: z.string().optional(),
  /** When it was made, ISO time in UTC. */
  createdTime: z.string().optional(),
});

export type EdgeWorkerInputs = z.output<typeof edgeWorkerArgs> &
  z.output<typeof edgeWorkerComputed> & { name: string; resourceTierId: number };
export type EdgeWorkerState = EdgeWorkerInputs & z.output<typeof edgeWorkerOutputs>;

/** Seconds within which every server has heard of an id or a version that was made. */
export const heardOfWithin = 60;
/** Seconds within which every server shows what was made or changed. */
const showsWithin = 5 * 60;

export const edgeWorker: Resource<EdgeWorkerInputs, EdgeWorkerState> = {
  token: "edgeworkers:EdgeWorker",
  args: edgeWorkerArgs,
  computed: edgeWorkerComputed,
  outputs: edgeWorkerOutputs,
  title: ({ name, edgeWorkerId }) =>
    `EdgeWorker ${name ?? "(name not known yet)"}${edgeWorkerId === undefined ? "" : ` (id ${edgeWorkerId})`}`,

  async complete({ known, unknown, olds, logicalName }, context) {
    return {
      ...(known.name === undefined && !unknown.has("name") ? { name: olds.owner?.split("/").slice(2).join("/") ?? logicalName } : {}),
      ...(await tierByName({ known, unknown, olds, logicalName }, context)),
    };
  },

  rules({ known, unknown }) {
    if (known.resourceTierId === undefined && !unknown.has("resourceTierId") && !unknown.has("resourceTier")) {
      return [
        { property: "resourceTierId", reason: "is required: the id of a resource tier, or its name as `resourceTier` with `contractId`" },
      ];
    }
    return [];
  },

  async observe({ known, olds }, context) {
    const failures: Failure[] = [];
    if (known.groupId !== undefined && known.groupId !== olds.groupId) failures.push(...(await groupTrouble(known.groupId, context)));
    if (olds.resourceTierId !== undefined && known.resourceTierId !== undefined && olds.resourceTierId !== known.resourceTierId) {
      context.notices.warn(
        `EdgeWorker ${known.name}: the resource tier is set for good, so that this is another EdgeWorker with another id; properties and tokens that name the old id have to follow.`,
      );
    }
    return failures;
  },

  sameObject: () => false,

  async create(inputs, context) {
    const made = await makeEdgeWorker(inputs, context);
    const id = String(made.edgeWorkerId);
    try {
      const live = await settle(made.edgeWorkerId, inputs, context);
      return { id, state: toState(inputs, live) };
    } catch (error) {
      throw new PartialFailure(id, { ...toState(inputs, made) }, error);
    }
  },

  async read(state, context) {
    const live = await findSurely(
      context,
      async () => (await findEdgeWorker(context.http, state.edgeWorkerId)) ?? (await listed(state.edgeWorkerId, context)),
    );
    if (live === undefined) {
      context.notices.warn(`${edgeWorker.title(state)} is gone; \`up\` makes a new one with another id.`);
      return undefined;
    }
    const { description: _, ...kept } = toState(state, live);
    return {
      ...kept,
      name: live.name,
      groupId: live.groupId,
      resourceTierId: live.resourceTierId ?? state.resourceTierId,
      ...described(live),
    };
  },

  async update(old, news, context) {
    const { edgeWorkerId } = old;
    await updateEdgeWorker(context.http, edgeWorkerId, pickWritable(news));
    try {
      return toState(news, await settle(edgeWorkerId, news, context));
    } catch (error) {
      throw new PartialFailure(String(edgeWorkerId), { ...news, ...pickWritable(old), edgeWorkerId }, error);
    }
  },

  async delete(state, context) {
    const { edgeWorkerId, deleteVersions } = state;
    if ((await findSurely(context, () => findEdgeWorker(context.http, edgeWorkerId))) === undefined) return;
    await refuseWhileInUse(edgeWorkerId, context);
    const versions = await versionsLeft(edgeWorkerId, context);
    if (versions.length > 0 && !deleteVersions) {
      throw new RefusedError(
        `it has versions that this program did not make: ${versions.map(({ version }) => version).join(", ")}. Delete them, or say \`deleteVersions: true\` and run \`up\` before destroying`,
      );
    }
    for (const { version } of versions) await deleteVersion(context.http, edgeWorkerId, version);
    await deleteEdgeWorker(context.http, edgeWorkerId);
    await waitFor(context, {
      what: `${edgeWorker.title(state)} to be gone`,
      look: async () =>
        (await findEdgeWorker(context.http, edgeWorkerId)) === undefined
          ? { state: "gone", is: "reached", value: undefined }
          : { state: "still there", is: "pending" },
      within: showsWithin,
    });
  },
};

// ---- preview ----

async function tierByName({ known, unknown }: Draft<EdgeWorkerInputs>, context: Context): Promise<{ resourceTierId?: unknown }> {
  const { resourceTier, contractId } = known;
  if (resourceTier === undefined && !unknown.has("resourceTier")) return {};
  if (known.resourceTierId !== undefined) throw new InputError("resourceTier", "says the same as `resourceTierId`: leave one of them out");
  if (unknown.has("resourceTier") || unknown.has("contractId")) return { resourceTierId: unknownValue };
  if (contractId === undefined) throw new InputError("contractId", "is required with `resourceTier`: tiers are offered by contracts");
  const tiers = await context.memory.read(`resource tiers of ${contractId}`, () => listResourceTiers(context.http, contractId));
  const found = tiers.find(({ resourceTierName }) => resourceTierName.toLowerCase() === resourceTier?.toLowerCase());
  if (found !== undefined) return { resourceTierId: found.resourceTierId };
  throw new InputError(
    "resourceTier",
    `the contract ${contractId} offers no tier of this name; it offers ${tiers.map((tier) => tier.resourceTierName).join(", ") || "none"}`,
  );
}

async function groupTrouble(groupId: number, context: Context): Promise<Failure[]> {
  const groups = await context.memory.read("edgeworkers groups", () => listGroups(context.http));
  const group = groups.find((one) => one.groupId === groupId);
  if (group === undefined) {
    const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
    return [
      { property: "groupId", reason: `the API client has no access to EdgeWorkers in a group ${groupId}; it has in ${named || "none"}` },
    ];
  }
  if (group.capabilities.length === 0 || group.capabilities.includes("EDIT")) return [];
  return [{ property: "groupId", reason: `the API client lacks the capability EDIT in group ${groupId} (${group.groupName})` }];
}

// ---- create ----

/**
 * Names are not unique and the API has no place for an owner, so that an id which an interrupted run made could not be told from somebody else's. While
 * it is being made, its description carries a mark of this program; the mark goes once the id is known.
 */
function markOf(owner: string): string {
  return `being made by Pulumi: ${shortHash(owner, 32)}`;
}

async function makeEdgeWorker(inputs: EdgeWorkerInputs, context: Context): Promise<EdgeWorkerId> {
  const { name, groupId, resourceTierId, owner } = inputs;
  const mark = markOf(owner);
  const findMarked = async () =>
    (await listEdgeWorkers(context.http)).find((one) => one.description === mark && one.resourceTierId === resourceTierId);
  const marked =
    (await findMarked()) ??
    (await once(context, {
      send: () => createEdgeWorker(context.http, { name, groupId, resourceTierId, description: mark }),
      find: findMarked,
      visibleWithin: 20,
    }));
  return whileEarly(context, {
    send: () => updateEdgeWorker(context.http, marked.edgeWorkerId, pickWritable(inputs)),
    refused: isUnheardOf,
    within: heardOfWithin,
  });
}

function settle(id: number, wanted: EdgeWorkerInputs, context: Context): Promise<EdgeWorkerId> {
  return waitFor(context, {
    what: `EdgeWorker ${id} to show what was set`,
    look: async () => {
      const seen = await findEdgeWorker(context.http, id);
      if (seen === undefined) return { state: "not to be seen", is: "pending" };
      const is = seen.name === wanted.name && seen.groupId === wanted.groupId && (seen.description ?? "") === (wanted.description ?? "");
      return is ? { state: "as wanted", is: "reached", value: seen } : { state: `${seen.name} in group ${seen.groupId}`, is: "pending" };
    },
    within: showsWithin,
    confirmations: 2,
  });
}

// ---- delete ----

async function refuseWhileInUse(id: number, context: Context): Promise<void> {
  const live = await Promise.all(
    (["staging", "production"] as const).map(async (network) => ({ network, activation: await findLive(context.http, id, network) })),
  );
  const where = live.flatMap(({ network, activation }) =>
    activation === undefined ? [] : [`version ${activation.version} is live on ${network}`],
  );
  const properties = (await listPropertiesUsing(context.http, id)).map(
    ({ propertyName, propertyId, stagingVersion, productionVersion }) =>
      `property ${propertyName || propertyId} names it (staging ${stagingVersion ?? "none"}, production ${productionVersion ?? "none"})`,
  );
  const uses = [...where, ...properties];
  if (uses.length > 0) throw new RefusedError(`it is in use: ${uses.join("; ")}. Take it out of there first, then destroy it`);
}

/** The refusal of a server that does not know the id, or the version, that a request names. */
export function isUnheardOf(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404;
}

/** A server may still show versions that were deleted a moment ago: only those that keep being shown are there. */
async function versionsLeft(id: number, context: Context): Promise<Version[]> {
  const none = await findSurely(context, async () => ((await listVersions(context.http, id)).length === 0 ? true : undefined));
  return none ? [] : listVersions(context.http, id);
}

// ---- wire to state ----

async function listed(id: number, context: Context): Promise<EdgeWorkerId | undefined> {
  return (await listEdgeWorkers(context.http)).find((one) => one.edgeWorkerId === id);
}

function pickWritable({ name, groupId, description }: EdgeWorkerInputs): { name: string; groupId: number; description?: string } {
  return { name, groupId, ...(description === undefined ? {} : { description }) };
}

function described(live: EdgeWorkerId): { description?: string } {
  return live.description ? { description: live.description } : {};
}

function toState(inputs: EdgeWorkerInputs, live: EdgeWorkerId): EdgeWorkerState {
  return {
    ...inputs,
    edgeWorkerId: live.edgeWorkerId,
    ...(live.accountId ? { accountId: live.accountId } : {}),
    ...(live.createdTime ? { createdTime: live.createdTime } : {}),
  };
}
