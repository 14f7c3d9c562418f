import { z } from "zod";
import { listNamespaces, type Network } from "../../api/edgekv/namespaces";
import { createToken, findToken, type ListedToken, listTokens, refreshToken, revokeToken, type Token } from "../../api/edgekv/tokens";
import { same, shortHash } from "../../core/canonical";
import { day as dayOf } from "../../core/clock";
import type { Context } from "../../core/context";
import { PartialFailure, RefusedError, ServiceError } from "../../core/errors";
import { once } from "../../core/once";
import { type Draft, type Failure, ownership, type Resource, replaces, secret, updates } from "../../core/resource";
import { unknownValue } from "../../core/unknown";
import { findSurely, type Look, waitFor } from "../../core/wait";
import { awaitDatabase, isInitialized } from "./database";

const letters = ["r", "w", "d"] as const;
const namespaceName = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;
const dayMs = 86_400_000;
/** Days; six months, the most that the service grants a token that expires. */
const longestLife = 180;

/** What a program says of an access token. */
export const accessTokenArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, unique in the account. Default: the resource's name in the program and a short hash of project, stack and
   * all that can't be changed in a token, so that a token that has to be new gets a new name and the old one works until nothing needs it. A name
   * of your own stays the same: then a change revokes the old token before it makes the new one, and EdgeWorkers get 401 in between.
   */
  name: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, "must be 1 to 32 letters, digits, _ or -")
      .optional(),
  ),
  /** Whether the token works on staging. At least one of the two networks must be allowed. Default: false. */
  allowOnStaging: replaces(z.boolean("must be true or false").default(false)),
  /** Whether the token works on production. Default: false. */
  allowOnProduction: replaces(z.boolean("must be true or false").default(false)),
  /**
   * What the token allows: 1 to 20 namespaces, each with letters of `r` (read), `w` (write) and `d` (delete). All of them must exist on every
   * network that is allowed, and share one data access policy.
   */
  namespacePermissions: replaces(
    z
      .record(
        z.string().regex(namespaceName, "is not the name of a namespace: 1 to 32 letters, digits, _ or -, not beginning with -"),
        z
          .array(z.enum(letters, "must be r, w or d"))
          .min(1, "must allow something: one or more of r, w, d")
          .refine((given) => new Set(given).size === given.length, "names a permission twice")
          // A set: the service gives it back in an order of its own.
          .overwrite((given) => letters.filter((letter) => given.includes(letter))),
      )
      .refine((permissions) => Object.keys(permissions).length >= 1, "must name at least one namespace")
      .refine((permissions) => Object.keys(permissions).length <= 20, "must not name more than 20 namespaces"),
  ),
  /** The EdgeWorker ids that may use the token, 8 at most. Default, and the meaning of an empty list and of `["all"]`: any. */
  restrictToEdgeWorkerIds: replaces(
    z
      .array(z.string().regex(/^(\d+|all)$/, 'must be the id of an EdgeWorker, in digits, or "all"'))
      .max(8, "must not name more than 8 EdgeWorkers")
      .refine((ids) => !ids.includes("all") || ids.length === 1, '"all" stands alone')
      .optional()
      .overwrite((ids) => (ids === undefined || ids.length === 0 || ids.includes("all") ? undefined : [...new Set(ids)].sort())),
  ),
  /**
   * When the token ends, for accounts whose tokens do: a day in UTC (`"2027-03-31"`) or `{ days: n }` from the day it is made, at most 180 days. Accounts
   * on the current generation of tokens take no notice of it: theirs do not expire.
   */
  expiry: updates(
    z
      .union(
        [z.iso.date(), z.strictObject({ days: z.int().min(1).max(longestLife) })],
        `must be a day such as "2027-03-31", or { days: n } with n from 1 to ${longestLife}`,
      )
      .optional(),
  ),
  /**
   * Replace the token when fewer than this many days are left; the preview says so. The new one lives as long as `expiry.days` says, or 180 days where
   * `expiry` is a day. Default: never; the last 30 days bring a warning.
   */
  renewBeforeDays: updates(z.int("must be a whole number of days").min(1, "must be at least 1").optional()),
  /** Any value; a change of it refreshes the token: what stands behind it is made anew, name and reference stay. */
  refreshOn: updates(z.json().optional()),
  /** What destroying the token does: `revoke` (the default; EdgeWorkers that still hold it get 401) or `retain`. */
  deletion: updates(z.strictObject({ mode: z.enum(["revoke", "retain"], "must be `revoke` or `retain`").default("revoke") }).prefault({})),
});

const accessTokenComputed = z.object({
  ...ownership,
  /** The end that is asked for, `YYYY-MM-DD`; kept until `expiry` changes or a renewal is due. */
  requestedExpiry: replaces(z.string().optional()),
});

/** What the service tells of an access token. */
export const accessTokenOutputs = z.object({
  /** What an EdgeWorker's `edgekv_tokens.js` names the token by. Secret in state. */
  reference: secret(z.string()),
  /** The JWT of a token of the older generation; those of the current one have none. Secret in state. */
  value: secret(z.string().optional()),
  /** `COMPLETE` when the token can be used. */
  tokenActivationStatus: z.string(),
  /** The day the token ends, `YYYY-MM-DD`; `9999-12-31` when it does not. */
  expiresOn: z.string().optional(),
  /** The day it was made, `YYYY-MM-DD`. */
  issueDate: z.string().optional(),
  /** The CP code of the account's EdgeKV. */
  cpcode: z.string().optional(),
});

export type AccessTokenInputs = z.output<typeof accessTokenArgs> & z.output<typeof accessTokenComputed> & { name: string };
export type AccessTokenState = AccessTokenInputs & z.output<typeof accessTokenOutputs>;

/** Seconds; how long an activation takes is not documented, minutes as a rule. */
const activatesWithin = 30 * 60;
/** Seconds within which every server shows a token that was made. */
const existenceShowsWithin = 30;
/** Seconds within which every server knows a namespace that was made. */
const namespacesShowWithin = 60;

export const accessToken: Resource<AccessTokenInputs, AccessTokenState> = {
  token: "edgekv:AccessToken",
  args: accessTokenArgs,
  computed: accessTokenComputed,
  outputs: accessTokenOutputs,
  title: ({ name }) => `access token ${name ?? "(name not known yet)"}`,

  async complete(draft, context) {
    const requestedExpiry = await chooseExpiry(draft, context);
    const dated = { ...draft, known: { ...draft.known, ...(requestedExpiry === undefined ? {} : { requestedExpiry }) } };
    const named = draft.known.name === undefined && !draft.unknown.has("name") ? { name: deriveName(dated) } : {};
    return { requestedExpiry, ...named };
  },

  rules(draft) {
    const { known, unknown, olds } = draft;
    const failures: Failure[] = [];
    if (known.allowOnStaging === false && known.allowOnProduction === false) {
      failures.push({
        property: "allowOnStaging",
        reason: "must be true, or allowOnProduction: a token has to be allowed on one network at least",
      });
    }
    if (known.renewBeforeDays !== undefined && known.expiry === undefined && !unknown.has("expiry")) {
      failures.push({ property: "renewBeforeDays", reason: "needs `expiry`: a token that is made without an end is not renewed" });
    }
    const life = typeof known.expiry === "object" ? known.expiry.days : longestLife;
    if (known.renewBeforeDays !== undefined && known.renewBeforeDays >= life) {
      failures.push({ property: "renewBeforeDays", reason: `must be less than the ${life} days that a token lives` });
    }
    if (typeof known.expiry === "string" && known.expiry !== olds.expiry && known.expiry === known.requestedExpiry) {
      const days = daysUntil(known.expiry, Date.now());
      if (days < 1) failures.push({ property: "expiry", reason: "must be at least one day ahead" });
      if (days > 186) failures.push({ property: "expiry", reason: "must be no more than six months ahead" });
    }
    return failures;
  },

  observe: observeToken,

  sameObject: (old, news) => old.name === news.name,

  // A token that is not usable is worth another try.
  drifted: async (old) => old.tokenActivationStatus !== "COMPLETE",

  async create(inputs, context) {
    await awaitDatabase(context);
    const found = await findToken(context.http, inputs.name);
    if (typeof found === "object" && !isOurs(found, inputs, context)) throw new RefusedError(taken);
    if (typeof found === "object") context.notices.info(`${accessToken.title(inputs)} is there from an earlier run: going on with it.`);
    const made = typeof found === "object" ? found : await makeToken(inputs, context);
    return { id: inputs.name, state: await untilComplete(inputs, made, undefined, context) };
  },

  async read(state, context) {
    const live = await findSurely(context, () => findTokenOrListed(state.name, context));
    if (live === undefined || live === "expired") {
      context.notices.warn(`${accessToken.title(state)} ${live === "expired" ? "has expired" : "was revoked"}; \`up\` makes a new one.`);
      return undefined;
    }
    return asRead(state, live);
  },

  async update(old, news, context) {
    const live = await findSurely(context, () => findTokenOrListed(news.name, context));
    if (live === undefined || live === "expired")
      throw new RefusedError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
    const broken = live.tokenActivationStatus === "ERROR";
    if (!broken && same(old.refreshOn, news.refreshOn)) return untilComplete(news, live, old, context);
    if (broken) context.notices.info(`${accessToken.title(news)} failed to become active: refreshing it.`);
    const refreshed = await once(context, {
      send: () => refreshToken(context.http, news.name),
      find: async () => undefined,
      visibleWithin: 2,
    });
    return untilComplete(news, refreshed, old, context);
  },

  async delete(state, context) {
    if (state.deletion.mode === "retain") {
      context.notices.info(`${accessToken.title(state)} stays valid, and is nobody's from now on.`);
      return;
    }
    await revokeToken(context.http, state.name);
  },
};

// ---- names and dates, as functions of values ----

/** All that makes a token another token. */
function contentOf(token: Partial<AccessTokenInputs>): object {
  const { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry } = token;
  return { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry };
}

const contentFields = ["allowOnStaging", "allowOnProduction", "namespacePermissions", "restrictToEdgeWorkerIds"] as const;

/** Known at preview, new exactly when the token must be new, and found again by a run that was interrupted. */
export function deriveName({ known, unknown, logicalName }: Draft<AccessTokenInputs>): string {
  if (contentFields.some((field) => unknown.has(field)) || unknown.has("expiry")) return unknownValue;
  const readable = logicalName.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 21);
  return `${readable}-${shortHash({ owner: known.owner, ...contentOf(known) }, 10)}`;
}

/** The end to ask for: stays what it was until `expiry` changes or a renewal is due. */
async function chooseExpiry({ known, unknown, olds }: Draft<AccessTokenInputs>, context: Context): Promise<string | undefined> {
  const { expiry, renewBeforeDays } = known;
  if (unknown.has("expiry")) return unknownValue;
  if (expiry === undefined) return undefined;
  const now = context.clock.now();
  const wanted = typeof expiry === "string" ? expiry : dayOf(now + expiry.days * dayMs);
  if (olds.requestedExpiry === undefined || !same(olds.expiry, expiry)) return wanted;
  if (renewBeforeDays === undefined) return olds.requestedExpiry;
  const real = await realEnd(olds, context);
  if (real === neverEnds) return olds.requestedExpiry;
  const next = nextEnd(olds.requestedExpiry, typeof expiry === "string" ? longestLife : expiry.days, renewBeforeDays, now);
  if (next !== olds.requestedExpiry) {
    context.notices.info(
      `${accessToken.title(olds)} ends on ${real ?? olds.requestedExpiry}, within ${renewBeforeDays} days: \`up\` replaces it by one that ends on ${next}.`,
    );
  }
  return next;
}

/**
 * The end of the token that is right today. The ends of a token and of those that follow it lie at fixed distances, so that a run that was interrupted
 * and is repeated on another day asks for the same one.
 */
export function nextEnd(end: string, lifeDays: number, renewBeforeDays: number, nowMs: number): string {
  const due = (candidate: string) => daysUntil(candidate, nowMs) <= renewBeforeDays;
  if (!due(end)) return end;
  const step = lifeDays - renewBeforeDays;
  const steps = Math.max(1, Math.ceil((renewBeforeDays + 1 - daysUntil(end, nowMs)) / step));
  return dayOf(Math.min(Date.parse(end) + steps * step * dayMs, nowMs + longestLife * dayMs));
}

function daysUntil(date: string, nowMs: number): number {
  return Math.round((Date.parse(date) - Date.parse(dayOf(nowMs))) / dayMs);
}

const neverEnds = "9999-12-31";

async function realEnd(olds: Partial<AccessTokenInputs>, context: Context): Promise<string | undefined> {
  if (!context.settings.previewReads) return undefined;
  return (await allTokens(context)).find((token) => token.name === olds.name)?.expiry;
}

// ---- preview: what `up` would run into ----

async function observeToken(draft: Draft<AccessTokenInputs>, context: Context): Promise<Failure[]> {
  const { known, olds } = draft;
  const { memory } = context;
  if (olds.name !== undefined) memory.owned.add(`token ${olds.name}`);
  if (!(await isInitialized(context))) return [];
  if (known.name !== undefined && known.name === olds.name) {
    const replaced =
      contentFields.some((field) => known[field] !== undefined && !same(known[field], olds[field])) ||
      known.requestedExpiry !== olds.requestedExpiry;
    if (replaced) {
      context.notices.warn(
        `${accessToken.title(known)} has a fixed name: the old token is revoked before the new one exists, and EdgeWorkers that use it get 401 until they are given the new one. Leave \`name\` out to have the new token first.`,
      );
    } else {
      await warnOfEnd(draft, context);
      return [];
    }
  }
  const failures = await namespacesTrouble(draft, context);
  if (known.name === undefined || memory.owned.has(`token ${known.name}`)) return failures;
  if (!(await allTokens(context)).some(({ name }) => name === known.name)) return failures;
  const found = await findToken(context.http, known.name);
  if (typeof found === "object" && !isOurs(found, known, context)) failures.push({ property: "name", reason: taken });
  return failures;
}

const taken =
  "a token of this name exists and is not this program's, or not as it is declared here. Its permissions can't be changed: revoke it first, choose another name, or leave `name` out to have one derived";

/** A derived name tells whose it is. Under a name of the program's choice, only a token made today with the same content can be an interrupted run's. */
function isOurs(found: Token, wanted: Partial<AccessTokenInputs>, context: Context): boolean {
  const derived = wanted.owner !== undefined && wanted.name?.endsWith(`-${shortHash({ owner: wanted.owner, ...contentOf(wanted) }, 10)}`);
  if (derived === true) return true;
  return found.issueDate === dayOf(context.clock.now()) && same(permissionsOf(found), { ...contentOf(wanted), requestedExpiry: undefined });
}

async function warnOfEnd({ known }: Draft<AccessTokenInputs>, context: Context): Promise<void> {
  if (known.renewBeforeDays !== undefined) return;
  const end = (await allTokens(context)).find(({ name }) => name === known.name)?.expiry;
  if (end === undefined) return;
  const days = daysUntil(end.slice(0, 10), context.clock.now());
  if (days <= 30) {
    context.notices.warn(
      `${accessToken.title(known)} ends on ${end.slice(0, 10)}, in ${days} days. Say \`renewBeforeDays\` to have it replaced in time.`,
    );
  }
}

/** The namespaces of a token must be there, and share one policy, on each network that it allows. */
async function namespacesTrouble({ known }: Draft<AccessTokenInputs>, context: Context): Promise<Failure[]> {
  const names = Object.keys(known.namespacePermissions ?? {});
  const networks: Network[] = [
    ...(known.allowOnStaging ? ["staging" as const] : []),
    ...(known.allowOnProduction ? ["production" as const] : []),
  ];
  const failures: Failure[] = [];
  for (const network of networks) {
    const all = await context.memory.read(`namespaces on ${network}`, () => listNamespaces(context.http, network));
    const live = names.flatMap((name) => all.find((one) => one.namespace === name) ?? []);
    for (const name of names.filter(
      (one) => !live.some(({ namespace }) => namespace === one) && !context.memory.planned.has(`namespace ${network}/${one}`),
    )) {
      context.notices.warn(
        `${accessToken.title(known)} names the namespace ${name}, which is not there on ${network} and which no resource before it declares: \`up\` will fail unless it comes first (use \`dependsOn\`, or the namespace's \`name\` output).`,
      );
    }
    const policies = new Map(
      live.flatMap(({ namespace, dataAccessPolicy }) =>
        dataAccessPolicy ? [[namespace, dataAccessPolicy.restrictDataAccess] as const] : [],
      ),
    );
    if (new Set(policies.values()).size > 1) {
      const told = [...policies].map(([name, restricted]) => `${name} has ${restricted}`).join(", ");
      failures.push({
        property: "namespacePermissions",
        reason: `must name namespaces with one \`restrictDataAccess\` only; on ${network}, ${told}`,
      });
    }
  }
  return failures.slice(0, 1);
}

// ---- create, and waiting for what was asked ----

async function makeToken(inputs: AccessTokenInputs, context: Context): Promise<Token> {
  const { name, allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry } = inputs;
  const wanted = { name, allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, expiry: requestedExpiry };
  const fresh = Object.keys(namespacePermissions).some(
    (one) => context.memory.madeNow.has(`namespace staging/${one}`) || context.memory.madeNow.has(`namespace production/${one}`),
  );
  const until = context.clock.now() + namespacesShowWithin * 1000;
  for (;;) {
    try {
      return await once(context, {
        send: () => createToken(context.http, wanted),
        find: async () => {
          const found = await findToken(context.http, name);
          return typeof found === "object" ? found : undefined;
        },
        visibleWithin: 10,
      });
    } catch (error) {
      // A namespace that this run has just made may not be known everywhere yet.
      const early = fresh && error instanceof ServiceError && error.status === 400 && context.clock.now() < until;
      if (!early) throw error;
      await context.clock.sleep(2000);
    }
  }
}

/** Waits until the token can be used. One that fails to stays in the state, and the next run goes on with it. */
async function untilComplete(
  inputs: AccessTokenInputs,
  made: Token,
  old: AccessTokenState | undefined,
  context: Context,
): Promise<AccessTokenState> {
  let last = made;
  const began = context.clock.now();
  try {
    const live = await waitFor(context, {
      what: `${accessToken.title(inputs)} to become COMPLETE`,
      look: async (): Promise<Look<Token>> => {
        const seen = await findToken(context.http, inputs.name);
        if (typeof seen === "string") {
          const early = context.clock.now() - began < existenceShowsWithin * 1000;
          return { state: seen === "expired" ? "expired" : "not to be seen", is: early && seen === "revoked" ? "pending" : "failed" };
        }
        last = seen;
        // Tokens of the older generation have no status: they can be used at once.
        const state = seen.tokenActivationStatus ?? "COMPLETE";
        if (state === "COMPLETE") return { state, is: "reached", value: seen };
        return { state, is: state === "IN_PROGRESS" ? "pending" : "failed" };
      },
      every: 2,
      within: activatesWithin,
      otherwise: "The token is kept in the state, and the next `up` waits on.",
    });
    return toState(inputs, live);
  } catch (error) {
    // A refresh that was not seen to be through is asked for again.
    const refreshOn = old === undefined ? {} : { refreshOn: old.refreshOn };
    throw new PartialFailure(inputs.name, { ...toState(inputs, last), ...refreshOn }, error);
  }
}

// ---- what is there ----

function allTokens(context: Context): Promise<ListedToken[]> {
  return context.memory.read("tokens", () => listTokens(context.http));
}

/** A token that one server does not know may be listed by another. */
async function findTokenOrListed(name: string, context: Context): Promise<Token | "expired" | undefined> {
  const found = await findToken(context.http, name);
  if (found !== "revoked") return found;
  if (!(await listTokens(context.http)).some((token) => token.name === name)) return undefined;
  const again = await findToken(context.http, name);
  return again === "revoked" ? undefined : again;
}

// ---- wire to state ----

function permissionsOf(token: Token): object {
  const ids = token.restrictToEdgeWorkerIds ?? [];
  return {
    allowOnStaging: token.allowOnStaging ?? false,
    allowOnProduction: token.allowOnProduction ?? false,
    namespacePermissions: Object.fromEntries(
      Object.entries(token.namespacePermissions ?? {}).map(([name, given]) => [name, letters.filter((letter) => given.includes(letter))]),
    ),
    restrictToEdgeWorkerIds: ids.length === 0 || ids.includes("all") ? undefined : [...ids].sort(),
  };
}

function toState(inputs: AccessTokenInputs, live: Token): AccessTokenState {
  return {
    ...inputs,
    reference: live.uuid ?? "",
    tokenActivationStatus: live.tokenActivationStatus ?? "COMPLETE",
    ...(live.value ? { value: live.value } : {}),
    ...(live.expiry ? { expiresOn: live.expiry.slice(0, 10) } : {}),
    ...(live.issueDate ? { issueDate: live.issueDate } : {}),
    ...(live.cpcode ? { cpcode: live.cpcode } : {}),
  };
}

/** A token can't change, but one of the same name may have taken its place: its content is what counts then. */
function asRead(state: AccessTokenState, live: Token): AccessTokenState {
  const settled = (live.tokenActivationStatus ?? "COMPLETE") === "COMPLETE" && live.namespacePermissions;
  const fresh = toState(state, live);
  return settled ? ({ ...fresh, ...permissionsOf(live) } as AccessTokenState) : fresh;
}
