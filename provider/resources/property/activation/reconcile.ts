/** An activation under way: how it is begun once, and how it comes to its end. */

import {
  type Activation,
  activate,
  deactivate,
  findActivation,
  findNetworkState,
  hasSucceeded,
  isLiveSince,
  isUnderWay,
  listActivationsOn,
  type NetworkState,
  type NewActivation,
  NotActivatableError,
  type Problem,
} from "../../../api/property/activations";
import { findRules } from "../../../api/property/rules";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { findEventually } from "../../../consistency/read";
import { createOnce } from "../../../consistency/write";

import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { assertNoForeignActivation, type KnownVersions, originOf, refreshHint } from "./foreignActivations";
import type { ActivationInputs, ActivationState } from "./schema";

/** Seconds within which the service shows an activation that was asked for. */
const showsWithin = 30;
/** Seconds between attempts while the service is busy with the property. */
const pausesWhileBusy = [5, 10, 20, 40, 80];
const pollIntervals = { interval: 2, maxInterval: 60 } as const;

/** The place that an activation takes, which is its id too. */
export function networkOf({ propertyId, network }: Pick<ActivationInputs, "propertyId" | "network">): string {
  return `${propertyId}/${network}`;
}

// ---- to be live ----

/**
 * Live already is done; on its way is waited for; something else on its way comes to its end first; only then is it asked for, unless that would take a version
 * off the network of which the run did not know.
 */
export function ensureLive(wanted: ActivationInputs, basis: KnownVersions, context: Context): Promise<ActivationState> {
  return whenFree(context, async () => {
    const standing = await untilQuiet(wanted, wanted.version, context);
    if (standing === undefined) throw new PreconditionError(`there is no property ${wanted.propertyId}, or the API client can't see it`);
    const running = standing.activations.find(isUnderWay);
    const activationId = running?.activationId;
    if (activationId === undefined && standing.live?.version === wanted.version) return serving(wanted, standing.live.activation);
    return untilLive(activationId ?? (await begin(wanted, standing, basis, context)), wanted, standing, basis, context);
  });
}

/** What the service refuses because something else goes on with the property begins with another look, a few times. */
async function whenFree<T>(context: Context, attempt: () => Promise<T>): Promise<T> {
  for (const pause of pausesWhileBusy) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      context.logger.info(`Property Manager is busy with the property (${error.detail}); looking again in ${pause} s.`);
      await context.clock.sleep(pause * 1000);
    }
  }
  return attempt();
}

/** On its way or live already, another one on its way (409, 422), or not now (412). */
function isBusy(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.is(409) || error.is(412) || error.is(422));
}

/** Waits for all that is under way on the network, but for an activation of the wanted version, which is left to be waited for by itself. */
async function untilQuiet(place: ActivationInputs, wanted: number | undefined, context: Context): Promise<NetworkState | undefined> {
  const { propertyName, network, timeoutSeconds } = place;
  let ended: Activation | undefined;
  let showsUntil = 0;
  for (;;) {
    const standing = await findNetworkState(context.http, place, network);
    const running = standing?.activations.find(isUnderWay);
    if (running === undefined) {
      // A replica that has not heard of what was waited for does not know what it brought, either.
      const isBehind =
        ended !== undefined && hasSucceeded(ended) && standing?.activations.every((one) => one.activationId !== ended?.activationId);
      if (!isBehind || context.clock.now() >= showsUntil) return standing;
      await context.clock.sleep(1000);
      continue;
    }
    const { activationId, activationType, propertyVersion: version } = running;
    const doing = activationType === "ACTIVATE" ? "on its way to" : "being taken off";
    const isWanted = activationType === "ACTIVATE" && version === wanted;
    context.logger.info(
      `property ${propertyName}: version ${version} is ${doing} ${network} already (${activationId}); waiting for ${isWanted ? "it" : "that first"}.`,
    );
    if (isWanted) return standing;
    await pollUntil(context, {
      what: `${activationId} (version ${version} ${doing} ${network}) to come to its end`,
      observe: async () => {
        const seen = await findActivation(context.http, place, activationId);
        if (seen !== undefined && isUnderWay(seen)) return { state: seen.status, is: "pending" };
        ended = seen;
        return { state: seen?.status ?? "gone", is: "reached", value: undefined };
      },
      ...pollIntervals,
      timeout: timeoutSeconds,
    });
    showsUntil = context.clock.now() + showsWithin * 1000;
    // The list may still show it under way.
    await context.clock.sleep(1000);
  }
}

/** Asks for the activation, once; as a fast fallback where it is one. */
async function begin(wanted: ActivationInputs, standing: NetworkState, basis: KnownVersions, context: Context): Promise<string> {
  const { propertyName, network, version } = wanted;
  const ask = (useFastFallback: boolean) =>
    askOnce("ACTIVATE", wanted, standing, context, async () => {
      // Each time: others may have been quicker.
      await assertNoForeignActivation(wanted, basis, context);
      if (useFastFallback)
        context.logger.info(`property ${propertyName}: going back to version ${version} on ${network} by fast fallback.`);
      return activate(context.http, wanted, { ...sent(wanted), useFastFallback });
    });
  try {
    if (!(await canFallBack(wanted, standing, context))) return await ask(false);
    try {
      return await ask(true);
    } catch (error) {
      if (!(error instanceof ApiError && (error.is(400) || error.is(422)))) throw error;
      context.logger.info(`property ${propertyName}: no fast fallback (${error.detail}); activating version ${version} as usual.`);
      return await ask(false);
    }
  } catch (error) {
    throw await explained(error, wanted, context);
  }
}

/** Whether what is live can be taken back, and that brings the wanted version. */
async function canFallBack({ useFastFallback, version, ...place }: ActivationInputs, { live }: NetworkState, { http }: Context) {
  if (!useFastFallback || live?.activation === undefined) return false;
  const info = (await findActivation(http, place, live.activation.activationId))?.fallbackInfo;
  return info?.canFastFallback === true && info.fallbackVersion === version;
}

/** A request that is not to be sent twice: one whose answer was lost is found by what it made. */
function askOnce(
  type: "ACTIVATE" | "DEACTIVATE",
  inputs: ActivationInputs,
  { activations }: NetworkState,
  context: Context,
  send: () => Promise<string>,
): Promise<string> {
  const known = new Set(activations.map(({ activationId }) => activationId));
  const find = async () => {
    const all = await listActivationsOn(context.http, inputs, inputs.network);
    const made = all.filter((one) => one.activationType === type && one.propertyVersion === inputs.version);
    return made.find(({ activationId }) => !known.has(activationId))?.activationId;
  };
  return createOnce(context, { send, find, window: showsWithin });
}

/** What the service is told, besides how. */
function sent(inputs: ActivationInputs): Omit<NewActivation, "useFastFallback"> {
  const { version, network, note, notifyEmails, acknowledgeWarnings, fastPush } = inputs;
  const complianceRecord = network === "production" ? inputs.complianceRecord : undefined;
  return { version, network, note, notifyEmails, acknowledgeWarnings, fastPush, complianceRecord };
}

/** Until it serves. What does not come to that end stays in the state, with what was live before, and the next run looks after it. */
async function untilLive(
  activationId: string,
  wanted: ActivationInputs,
  before: NetworkState,
  basis: KnownVersions,
  context: Context,
): Promise<ActivationState> {
  let status = "NEW";
  try {
    const reached = await follow(activationId, "ACTIVATE", wanted, context, (seen) => {
      status = seen;
    });
    return serving(wanted, reached);
  } catch (error) {
    const activatedVersion = "old" in basis ? basis.old.activatedVersion : undefined;
    const state = { ...wanted, activationId, status, previousVersion: before.live?.version, activatedVersion };
    throw new PartialFailure(networkOf(wanted), state, error);
  }
}

/** The state of what is live as it was wanted. */
function serving(wanted: ActivationInputs, activation: Activation | undefined): ActivationState {
  return { ...wanted, ...outputsOf(activation), activatedVersion: wanted.version };
}

/** Waits for an activation or deactivation, and reports how far it is whenever that changes. */
function follow(
  activationId: string,
  type: "ACTIVATE" | "DEACTIVATE",
  inputs: ActivationInputs,
  context: Context,
  seeing: (status: string) => void = () => undefined,
): Promise<Activation> {
  const { propertyName, network, version, timeoutSeconds } = inputs;
  const asked = context.clock.now();
  let last: string | undefined;
  return pollUntil(context, {
    what:
      type === "ACTIVATE"
        ? `${activationId} of version ${version} of ${propertyName} on ${network} to be ACTIVE`
        : `${activationId} to take version ${version} of ${propertyName} off ${network}`,
    observe: async (): Promise<Observation<Activation>> => {
      const seen = await findActivation(context.http, inputs, activationId);
      if (seen === undefined) {
        const soon = context.clock.now() - asked < showsWithin * 1000;
        if (soon) return { state: "not to be seen", is: "pending" };
        return { state: "not to be seen. Run again: what is there by then is gone on with", is: "failed" };
      }
      const { status } = seen;
      const isDone = hasSucceeded({ activationType: type, status });
      if (status !== last) context.logger.info(`property ${propertyName}: ${progress(isDone, status)} (${activationId}).`);
      last = status;
      seeing(status);
      if (isDone) return { state: status, is: "reached", value: seen };
      if (isUnderWay(seen)) return { state: status, is: "pending" };
      return { state: `${status}: ${await meaningOf(seen, inputs, context)}`, is: "failed" };
    },
    ...pollIntervals,
    timeout: timeoutSeconds,
    hint: "It may still come: the next run waits on, or finds it done.",
  });

  function progress(isDone: boolean, status: string): string {
    if (type === "ACTIVATE") return `version ${version} on ${network} is ${status}`;
    // Such an end may be called ACTIVE, which reads as if the version were live.
    return isDone ? `version ${version} is off ${network}` : `version ${version} is being taken off ${network}: ${status}`;
  }
}

/** What the state keeps of an activation. */
export function outputsOf(activation: Activation | undefined): Pick<ActivationState, "activationId" | "status" | "previousVersion"> {
  const { activationId, fallbackInfo } = activation ?? {};
  return {
    status: "ACTIVE",
    ...(activationId === undefined ? {} : { activationId }),
    ...(fallbackInfo == null ? {} : { previousVersion: fallbackInfo.fallbackVersion }),
  };
}

// ---- to be off ----

/** Takes the version of the state off the network; what somebody else put there is left alone. */
export function ensureOff(state: ActivationState, context: Context): Promise<void> {
  return whenFree(context, async () => {
    const { propertyName, network, version } = state;
    const standing = await findEventually(context, async () => {
      const seen = await untilQuiet(state, undefined, context);
      return seen?.live && { ...seen, live: seen.live };
    });
    if (standing === undefined) {
      context.logger.info(`property ${propertyName}: no version is live on ${network} any more; there is nothing to take off.`);
      return;
    }
    if (standing.live.version !== version) {
      throw new PreconditionError(
        `version ${standing.live.version} is live on ${network}, not ${version} as the state says. Run \`pulumi refresh\` to take note of it, then destroy again to take it off`,
      );
    }
    const { note, notifyEmails, complianceRecord } = sent(state);
    const wanted = { version, network, note, notifyEmails, complianceRecord };
    try {
      const begun = await askOnce("DEACTIVATE", state, standing, context, () => deactivate(context.http, state, wanted));
      await follow(begun, "DEACTIVATE", state, context);
    } catch (error) {
      throw await explained(error, state, context);
    }
  });
}

// ---- what is said of it ----

/** What an end that is none means. */
async function meaningOf({ activationId, status, failureCause }: Activation, inputs: ActivationInputs, context: Context): Promise<string> {
  switch (status) {
    case "ABORTED":
      return "somebody cancelled it. What was live before still is; the next run asks again";
    case "FAILED": {
      const cause = failureCause ? await formatProblem(failureCause, inputs, context) : "the network did not take it";
      return `${cause}. What was live before still is; the next run asks again`;
    }
    case "INACTIVE": {
      const standing = await findNetworkState(context.http, inputs, inputs.network);
      if (standing?.live === undefined) return "it was taken off the network meanwhile. The next `up` asks again";
      const { live } = standing;
      if (!isLiveSince(standing, activationId)) return `version ${live.version}, which was live before, still is; the next run asks again`;
      return `version ${live.version} was activated meanwhile (${await originOf(live, inputs, context)}). ${refreshHint}`;
    }
    default:
      return "an end that is not known of";
  }
}

/** A refusal that does not pass by itself, with what to do about it. */
async function explained(error: unknown, inputs: ActivationInputs, context: Context): Promise<unknown> {
  const { version, propertyName } = inputs;
  if (error instanceof NotActivatableError) return new PreconditionError(await formatProblem(error.problem, inputs, context));
  if (!(error instanceof ApiError)) return error;
  if (error.is(422, "missing_compliance_record")) {
    return new PreconditionError(
      'the account demands a compliance record for production: say `complianceRecord`, such as { noncomplianceReason: "NONE", customerEmail: "…", peerReviewedBy: "…", unitTested: true }, or one of the reasons OTHER, NO_PRODUCTION_TRAFFIC and EMERGENCY',
    );
  }
  if (error.is(404)) {
    return new PreconditionError(`property ${propertyName} has no version ${version}, or the API client can't see it (${error.message})`, {
      cause: error,
    });
  }
  return error;
}

/** Every error and warning, with the names of the rules that it is about. */
async function formatProblem({ title, detail, errors, warnings }: Problem, inputs: ActivationInputs, context: Context): Promise<string> {
  const { version } = inputs;
  if (errors.length === 0 && warnings.length === 0) return [title, detail].filter((part) => part !== "").join(": ");
  const found = await findRules(context.http, inputs, version).catch(() => undefined);
  const tree = found?.rules ?? { name: "default" };
  const listed = (lines: readonly string[]) => lines.map((line) => `\n  - ${line}`).join("");
  const said = [];
  if (errors.length > 0)
    said.push(`the rules of version ${version} have errors, with which it can't be activated:${listed(formatFindings(errors, tree))}`);
  if (warnings.length > 0) {
    const texts = formatFindings(warnings, tree).map((text, index) => `${warnings[index]?.messageId ?? "without an id"}: ${text}`);
    said.push(
      `version ${version} has warnings that are not acknowledged. Where they are no reason not to activate it, list their ids in \`acknowledgeWarnings\`, or say \`acknowledgeWarnings: "all"\`:${listed(texts)}`,
    );
  }
  return said.join("\n  ");
}
