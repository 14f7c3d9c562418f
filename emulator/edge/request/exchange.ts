import { multipart } from "../debug/multipart";
import { debugHeaders, isTraceToken, pragmasOf } from "../debug/trace";
import type { Decision } from "../rules/decision";
import type { Effects, EventName, HeaderLists, RequestData, ResponseData } from "../runtime/protocol";
import { cacheKeyOf } from "./cacheKey";
import type { Exchange } from "./context";
import { type EventOutcome, Events } from "./events";
import { failurePage, type Outgoing } from "./messages";
import { logLevelOf, manifestOf, unknownCode } from "./sites";

type FailContent = (
  status: number,
  headers: HeaderLists,
  edgeWorkerFailed: boolean | undefined,
) => Promise<Outgoing | undefined>;

const BYPASS: Readonly<Record<EventName, string>> = {
  onClientRequest: "CLTREQ",
  onOriginRequest: "ORGNREQ",
  onOriginResponse: "ORGNRESP",
  onClientResponse: "CLTRESP",
  responseProvider: "RP",
};

/** Methods that run code. OPTIONS does with a variable of the rules. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** A handler failed, and the request ends with it. */
class Ended extends Error {}

/** The response to a request, with the handlers around it. */
export async function answered(exchange: Exchange, failContent: FailContent): Promise<Outgoing> {
  const { incoming, decision, facts } = exchange;
  const isAllowed = METHODS.includes(incoming.method) || facts.variables.PMUSER_EW_ENABLE_OPTIONS === "true";
  const choice = isAllowed && incoming.kind === "CLIENT_REQ" ? decision.edgeWorker : undefined;
  const run = await HandlerRun.start(exchange, choice);
  let response: Outgoing;
  try {
    response = await run.untilResponse();
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    response = failurePage();
  }
  const replaced = await failContent(response.status, response.headers, run.failed);
  if (replaced !== undefined) response = replaced;
  else if (!run.isEnded) {
    try {
      response = await run.clientResponse(response);
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      response = (await failContent(500, {}, true)) ?? failurePage();
    }
  }
  return run.withDebug(response);
}

class HandlerRun {
  #failed: boolean | undefined;
  #isEnded = false;
  #isProviderSkipped = false;
  #headers: HeaderLists;
  #cacheKey: readonly string[] = [];
  #route: Effects["route"];

  private constructor(
    private readonly exchange: Exchange,
    private readonly events: Events | undefined,
    private readonly isTolerant: boolean,
    private readonly logLevel: string | undefined,
  ) {
    this.#headers = structuredClone(exchange.conditions.headers);
  }

  static async start(exchange: Exchange, choice: Decision["edgeWorker"]): Promise<HandlerRun> {
    if (choice === undefined) return new HandlerRun(exchange, undefined, false, undefined);
    const { parts, incoming, fetch } = exchange;
    const { network, scheme, host, path } = incoming;
    const { id, continueOnError } = choice;
    const active = await parts.code.active(parts.account(), network, id, parts.now());
    const code = active ?? unknownCode(id);
    const about = { network, edgeWorkerId: id };
    const events = new Events(
      parts.engine,
      code,
      { network, edgeWorkerId: id, scheme, host, path },
      fetch,
      parts.now,
      (event, line) => parts.onCode({ ...about, event, line }),
      (event, failure) => parts.onCode({ ...about, event, failure }),
    );
    const level = logLevelOf(parts.account(), network, id, parts.now()) ?? manifestOf(code).logLevel;
    return new HandlerRun(exchange, events, continueOnError, level);
  }

  /** Whether one of the client and origin handlers failed. */
  get failed(): boolean | undefined {
    return this.#failed;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** From onClientRequest to the response of the code, of the rules or of the origin. */
  async untilResponse(): Promise<Outgoing> {
    const first = await this.#run("onClientRequest");
    if (first.kind === "done") this.#headers = first.effects.requestHeaders;
    const effects = first.kind === "done" ? first.effects : undefined;
    if (effects) this.#cacheKey = effects.cacheKey;
    this.#route = effects?.route;
    if (effects?.respondWith) return answer(effects);
    if (this.exchange.decision.response) return ruleResponse(this.exchange.decision.response);
    const provided = first.kind === "failed" || this.#isProviderSkipped ? undefined : await this.#provided();
    return provided ?? this.#fromOrigin();
  }

  async #provided(): Promise<Outgoing | undefined> {
    const outcome = await this.#run("responseProvider", undefined, this.exchange.incoming.body);
    if (outcome.kind === "absent") return undefined;
    const { variables } = this.exchange.facts;
    variables.AK_EDGEWORKERS_RP_STATUS = outcome.kind === "failed" ? outcome.failure.status : "Success";
    if (outcome.kind === "failed") return failurePage();
    const { status = 200, headers = {} } = outcome.effects.provided ?? {};
    return { status, headers, body: outcome.body };
  }

  async #fromOrigin(): Promise<Outgoing> {
    const { incoming, decision, parts } = this.exchange;
    const request = await this.#run("onOriginRequest");
    const effects = request.kind === "done" ? request.effects : undefined;
    if (effects?.respondWith) return answer(effects);
    const route = this.#route;
    const named = route?.origin;
    const isOther = named !== undefined && named !== incoming.host;
    const hostname = isOther ? named : (decision.origin?.hostname ?? incoming.host);
    const path = route?.path ?? incoming.path;
    const query = (route?.query ?? incoming.query).replace(/^\?/, "");
    const response = await parts.forwarder.send(hostname, {
      method: incoming.method,
      path: `${path.startsWith("/") ? path : `/${path}`}${query === "" ? "" : `?${query}`}`,
      headers: effects?.requestHeaders ?? this.#headers,
      hostHeader: decision.origin?.hostHeader ?? incoming.host,
      body: incoming.body,
    });
    return this.#changed("onOriginResponse", response);
  }

  clientResponse(response: Outgoing): Promise<Outgoing> {
    return this.#changed("onClientResponse", response);
  }

  async #changed(name: EventName, response: Outgoing): Promise<Outgoing> {
    const { status, headers } = response;
    const outcome = await this.#run(name, { status, headers });
    if (outcome.kind !== "done") return response;
    if (outcome.effects.respondWith) return answer(outcome.effects);
    return { ...response, ...outcome.effects.response };
  }

  async #run(name: EventName, response?: ResponseData, body?: Uint8Array): Promise<EventOutcome> {
    const { variables } = this.exchange.facts;
    if (this.events === undefined || variables[`PMUSER_BYPASS_EW_${BYPASS[name]}_EVENT`] === "true")
      return { kind: "absent" };
    const outcome = await this.events.run(name, this.#request(), {
      ...(response && { response }),
      ...(body && { body: new Uint8Array(body) }),
    });
    if (name !== "responseProvider" && outcome.kind !== "absent")
      this.#failed = this.#failed === true || outcome.kind === "failed";
    // A variable that is set in onOriginResponse does not reach onClientResponse.
    if (outcome.kind === "done" && name !== "onOriginResponse")
      Object.assign(variables, outcome.effects.variables);
    if (outcome.kind === "failed") {
      if (name === "onClientRequest") this.#isProviderSkipped = true;
      if (!this.isTolerant || name === "responseProvider") this.#isEnded = true;
      if (!this.isTolerant && name !== "responseProvider") throw new Ended();
    }
    return outcome;
  }

  #request(): RequestData {
    const { incoming, conditions, facts, site } = this.exchange;
    const { method, scheme, host, path, query } = incoming;
    const { clientIp, userLocation, device } = conditions;
    const sensitive = new Set(
      (site.version.rules.variables ?? []).filter((one) => one.sensitive).map(({ name }) => name),
    );
    const variables = Object.fromEntries(
      Object.entries(facts.variables).filter(([name]) => !sensitive.has(name)),
    );
    return {
      method,
      scheme,
      host,
      path,
      query,
      headers: this.#headers,
      clientIp,
      cpCode: 0,
      userLocation,
      device,
      variables,
    };
  }

  /** With the headers that the request's `Pragma` asks for. */
  withDebug(response: Outgoing): Outgoing {
    const { incoming, conditions, site, parts } = this.exchange;
    const pragmas = pragmasOf(conditions.headers.pragma);
    if (pragmas.size === 0) return response;
    const asked = {
      host: incoming.host,
      path: incoming.path,
      network: incoming.network,
      propertyId: site.property.propertyId,
    };
    const isTraced = isTraceToken(conditions.headers["akamai-ew-trace"]?.[0], asked, parts.now());
    const records = this.events?.records ?? [];
    const headers: HeaderLists = {
      ...response.headers,
      ...debugHeaders(pragmas, isTraced, records, this.events?.subRequests ?? [], this.logLevel),
      ...(pragmas.has("akamai-x-get-true-cache-key") && {
        "x-true-cache-key": [cacheKeyOf(this.exchange, this.#cacheKey, this.#route)],
      }),
    };
    const provider = records.find(({ event }) => event === "responseProvider");
    if (provider !== undefined && isTraced && pragmas.has("akamai-x-ew-debug-rp"))
      return multipart({ ...response, headers }, provider);
    return { ...response, headers };
  }
}

function answer({ respondWith }: Effects): Outgoing {
  if (respondWith === undefined) return failurePage();
  const { status, headers, body } = respondWith;
  // Not passed on by default: the property's metadata decides.
  const { "set-cookie": _cookies, ...passed } = headers;
  return {
    status,
    headers: Object.hasOwn(passed, "content-type") ? passed : { ...passed, "content-type": ["text/html"] },
    body: Buffer.from(body),
  };
}

const ruleResponse = ({ status, headers, body }: NonNullable<Decision["response"]>): Outgoing => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  body: Buffer.from(body),
});
