/** What Property Manager adds to the activation engine: fast fallback, warnings, activations of others, and when it is busy. */
import {
  type Activation,
  activate,
  deactivate,
  findActivation,
  hasSucceeded,
  isUnderWay,
  listActivationsOn,
  type NewActivation,
} from "../../../api/property/activations";
import { findNetworkState, type LiveVersion, type NetworkState } from "../../../api/property/networkState";
import { findEventually } from "../../../consistency/read";
import { ApiError, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import {
  type ActivationAdapter,
  type ActivationRequest,
  ensureLive,
  ensureOff,
  type Operation,
  requestOnce,
} from "../../activation";
import { awaitProbe, codeOf } from "../../probe/probe";
import { assertNoForeignActivation, type KnownVersions } from "./foreignActivations";
import { outputsOf, resourceIdOf } from "./observe";
import { explainRefusal, meaningOf } from "./problems";
import type { ActivationInputs, ActivationState } from "./schema";

/** Undefined when the property is gone, or the API client can't see it. */
type Observed = NetworkState | undefined;
type Request = ActivationRequest<string, Activation>;
type Adapter = ActivationAdapter<string, Activation, Observed, ActivationState>;

/** Seconds between attempts while the service is busy with the property. */
const busyPauses = [5, 10, 20, 40, 80];

/** @param basis the versions that the run knows: no other version is taken off */
export function activateVersion(
  context: Context,
  inputs: ActivationInputs,
  basis: KnownVersions,
): Promise<ActivationState> {
  return ensureLive(context, adapterOf(context, inputs, basis));
}

export function deactivateVersion(context: Context, state: ActivationState): Promise<void> {
  return ensureOff(context, adapterOf(context, state, { old: state }));
}

function adapterOf(context: Context, inputs: ActivationInputs, basis: KnownVersions): Adapter {
  const { propertyName, network, version, timeoutSeconds } = inputs;
  const { http, logger } = context;
  const subject = `property ${propertyName}`;
  const liveOf = ({ version: one, activation }: LiveVersion) => ({
    version: one,
    state: liveState(inputs, activation),
  });
  return {
    subject,
    resourceId: resourceIdOf(inputs),
    network,
    version,
    timeout: { activate: timeoutSeconds, deactivate: timeoutSeconds },
    maxInterval: 60,
    pauseAfter: (error, retries) => pauseWhileBusy(context, error, retries),

    // ---- Observe ----
    observe: () => findNetworkState(http, inputs, network),
    underWay(observed) {
      const running = observed?.activations.find(isUnderWay);
      return running === undefined ? [] : [requestOf(context, inputs, running)];
    },
    isStale: (observed, ended) =>
      hasSucceeded(ended) &&
      observed !== undefined &&
      !observed.activations.some((one) => one.activationId === ended.activationId),
    async findLive(observed) {
      return observed?.live && liveOf(observed.live);
    },
    findLiveEventually: (observe) =>
      findEventually(context, async () => {
        const observed = await observe();
        return observed?.live && { live: liveOf(observed.live), network: observed };
      }),
    isUnderWay,
    hasSucceeded: (operation, { status }) => hasSucceeded({ activationType: typeOf(operation), status }),

    // ---- Ensure ----
    async request(operation, observed) {
      if (observed === undefined)
        throw new PreconditionError(
          `there is no property ${inputs.propertyId}, or the API client can't see it`,
        );
      try {
        return await (operation === "activate"
          ? requestActivation(context, inputs, observed, basis)
          : requestDeactivation(context, inputs, observed));
      } catch (error) {
        throw await explainRefusal(context, error, inputs);
      }
    },
    goalOf: ({ label, operation }) =>
      operation === "activate"
        ? `${label} of version ${version} of ${propertyName} on ${network} to be ACTIVE`
        : `${label} to take version ${version} of ${propertyName} off ${network}`,
    report: ({ label, operation }, status) =>
      logger.info(`${subject}: ${progressOf(operation, inputs, status)} (${label}).`),
    meaningOf: (_request, seen) => meaningOf(context, seen, inputs),
    liveState: (_request, seen) => liveState(inputs, seen),
    failedState: ({ id }, status, before) => ({
      ...inputs,
      activationId: id,
      status,
      previousVersion: before?.live?.version,
      activatedVersion: "old" in basis ? basis.old.activatedVersion : undefined,
    }),

    // ---- Delete ----
    reportOff: () =>
      logger.info(`${subject}: no version is live on ${network} any more; there is nothing to take off.`),
  };
}

/** 409, 422: another request is under way, or the version is live. 412: not now. */
function pauseWhileBusy({ logger }: Context, error: unknown, retries: number): number | undefined {
  if (!(error instanceof ApiError) || !(error.is(409) || error.is(412) || error.is(422))) return undefined;
  const pause = busyPauses[retries];
  if (pause !== undefined)
    logger.info(`Property Manager is busy with the property (${error.detail}); trying again in ${pause} s.`);
  return pause;
}

// ---- Observe ----

const typeOf = (operation: Operation) => (operation === "activate" ? "ACTIVATE" : "DEACTIVATE");

function requestOf(
  { http }: Context,
  inputs: ActivationInputs,
  { activationId: id, activationType, propertyVersion: version, status }: Activation,
): Request {
  const operation = activationType === "ACTIVATE" ? "activate" : "deactivate";
  return { id, label: id, operation, version, status, find: () => findActivation(http, inputs, id) };
}

function progressOf(operation: Operation, { version, network }: ActivationInputs, status: string): string {
  if (operation === "activate") return `version ${version} on ${network} is ${status}`;
  // A deactivation may end as ACTIVE, which reads as if the version were live.
  const isDone = hasSucceeded({ activationType: typeOf(operation), status });
  return isDone
    ? `version ${version} is off ${network}`
    : `version ${version} is being taken off ${network}: ${status}`;
}

function liveState(inputs: ActivationInputs, activation: Activation | undefined): ActivationState {
  return { ...inputs, ...outputsOf(activation), activatedVersion: inputs.version };
}

// ---- Ensure ----

/** Requests the activation, by fast fallback when that is possible. */
async function requestActivation(
  context: Context,
  inputs: ActivationInputs,
  observed: NetworkState,
  basis: KnownVersions,
): Promise<Request> {
  const { propertyName, network, version, after } = inputs;
  const { logger } = context;
  if (after !== undefined) await awaitProbe(context, after, `property ${propertyName}`, codeOf(after));
  const request = (useFastFallback: boolean) =>
    requestNew(context, inputs, observed, "activate", async () => {
      // Before each attempt: others may have activated a version meanwhile.
      await assertNoForeignActivation(context, inputs, basis);
      if (useFastFallback)
        logger.info(
          `property ${propertyName}: going back to version ${version} on ${network} by fast fallback.`,
        );
      return activate(context.http, inputs, { ...settingsOf(inputs), useFastFallback });
    });
  if (!(await canFallBack(context, inputs, observed))) return request(false);
  try {
    return await request(true);
  } catch (error) {
    if (!(error instanceof ApiError && (error.is(400) || error.is(422)))) throw error;
    logger.info(
      `property ${propertyName}: no fast fallback (${error.detail}); activating version ${version} as usual.`,
    );
    return request(false);
  }
}

/** Whether the service can go back from what is live to the wanted version. */
async function canFallBack(
  { http }: Context,
  inputs: ActivationInputs,
  { live }: NetworkState,
): Promise<boolean> {
  const { useFastFallback, version, ...ref } = inputs;
  if (!useFastFallback || live?.activation === undefined) return false;
  const info = (await findActivation(http, ref, live.activation.activationId))?.fallbackInfo;
  return info?.canFastFallback === true && info.fallbackVersion === version;
}

/** Requests once: a request whose answer got lost is the one that the observation before it does not show. */
async function requestNew(
  context: Context,
  inputs: ActivationInputs,
  { activations }: NetworkState,
  operation: Operation,
  send: () => Promise<string>,
): Promise<Request> {
  const { version, network } = inputs;
  const known = new Set(activations.map(({ activationId }) => activationId));
  const list = async () =>
    (await listActivationsOn(context.http, inputs, network))
      .filter((one) => one.activationType === typeOf(operation) && one.propertyVersion === version)
      .map(({ activationId }) => activationId);
  const id = await requestOnce(context, { send, list, isNew: (one) => !known.has(one) });
  return {
    id,
    label: id,
    operation,
    version,
    status: "NEW",
    find: () => findActivation(context.http, inputs, id),
  };
}

/** The fields of the request. */
function settingsOf(inputs: ActivationInputs): Omit<NewActivation, "useFastFallback"> {
  const { version, network, note, notifyEmails, acknowledgeWarnings, fastPush } = inputs;
  const complianceRecord = network === "production" ? inputs.complianceRecord : undefined;
  return { version, network, note, notifyEmails, acknowledgeWarnings, fastPush, complianceRecord };
}

// ---- Delete ----

function requestDeactivation(
  context: Context,
  inputs: ActivationInputs,
  observed: NetworkState,
): Promise<Request> {
  const { version, network, note, notifyEmails, complianceRecord } = settingsOf(inputs);
  const settings = { version, network, note, notifyEmails, complianceRecord };
  return requestNew(context, inputs, observed, "deactivate", () =>
    deactivate(context.http, inputs, settings),
  );
}
