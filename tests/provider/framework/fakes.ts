import { z } from "zod";
import { type AnyResource, anyResource, defineSchema } from "../../../provider/framework/resource";
import type { Context, ContextSettings } from "../../../provider/runtime/context";
import type { ApiRequest, HttpClient } from "../../../provider/runtime/httpClient";
import { RunState } from "../../../provider/runtime/runState";
import { ServiceClock } from "../../../provider/runtime/serviceClock";

export const now = Date.parse("2026-03-04T09:00:00Z");

/** A clock that stands still but for those who sleep. */
export class FakeClock {
  readonly slept: number[] = [];
  constructor(private time = now) {}
  now = (): number => this.time;
  sleep = async (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    this.time += milliseconds;
  };
  turn(milliseconds: number): void {
    this.time += milliseconds;
  }
}

export interface FakeContext extends Context {
  readonly clock: FakeClock;
  /** What was logged, warnings with `warning: ` before them. */
  readonly messages: string[];
}

/** A context without a network: whatever asks the service fails. */
export function offline(settings: Partial<ContextSettings> = {}, send?: HttpClient["send"]): FakeContext {
  const messages: string[] = [];
  const clock = new FakeClock();
  return {
    clock,
    serviceClock: new ServiceClock(clock),
    messages,
    random: () => 0.5,
    runState: new RunState(),
    logger: { info: (line) => messages.push(line), warn: (line) => messages.push(`warning: ${line}`) },
    settings: { previewReads: false, namespacesPerNetwork: 20, ...settings },
    http: {
      send:
        send ??
        (async (request: ApiRequest) => {
          throw new Error(`nothing was to be sent, but ${request.method} ${request.path} was`);
        }),
    },
  };
}

/** A resource with schema and hooks side by side, each of them optional. */
export type Parts = Partial<Omit<AnyResource, "check" | "diff"> & AnyResource["check"] & AnyResource["diff"]>;

export function resourceOf(parts: Parts): AnyResource {
  const {
    computeInputs,
    validate,
    preflight,
    requiresReplacement,
    deleteBeforeReplace,
    hasDrift,
    preflightUpdate,
    ...others
  } = parts;
  const {
    token = "sample",
    args = z.strictObject({}),
    computed = z.object({}),
    outputs = z.object({}),
    ...rest
  } = others;
  return {
    ...anyResource({} as never),
    ...defineSchema({ token, args, computed, outputs }),
    check: {
      computeInputs: computeInputs ?? (() => ({})),
      validate: validate ?? (() => []),
      preflight: preflight ?? (async () => []),
    },
    diff: {
      deleteBeforeReplace: deleteBeforeReplace ?? (() => true),
      ...(requiresReplacement === undefined ? {} : { requiresReplacement }),
      ...(hasDrift === undefined ? {} : { hasDrift }),
      ...(preflightUpdate === undefined ? {} : { preflightUpdate }),
    },
    ...rest,
  };
}
