import { randomBytes } from "node:crypto";
import { report } from "../../resilience/support/extent";
import { Account, lookAt, type Need } from "./account";
import type { Client, Method, Reply, Sent } from "./client";
import { DEVIATIONS } from "./deviations";
import { compare } from "./openapi";
import { notAsked, productsOf } from "./routes";
import { emulatedTarget, isReal, realTarget, type Target } from "./target";

/** On a real account an activation may take half an hour. */
const TEST_MS = isReal ? 60 * 60_000 : 60_000;

/** What is known before anything was asked: an emulator can do all, a real account was looked at by the set-up. */
function knownMissing(): Account["missing"] {
  const openapi = process.env.AKAMAI_OPENAPI_DIR ? {} : { openapi: "AKAMAI_OPENAPI_DIR is not set" };
  if (!isReal) return openapi;
  const { AKAMAI_CONTRACT_ACCOUNT } = process.env;
  if (AKAMAI_CONTRACT_ACCOUNT === undefined)
    throw new Error("a real account is asked by `npm run test:contract`, which consecutiveReads at it first");
  return { ...Account.parse(JSON.parse(AKAMAI_CONTRACT_ACCOUNT)).missing, ...openapi };
}

const missing = knownMissing();

/** `test` where everything needed is there; where it is not, it is skipped, and its title says why. */
export function needing(...needs: readonly Need[]): (title: string, run: () => Promise<void>) => void {
  const reason = needs.flatMap((need) => missing[need] ?? []).at(0);
  return (title, run) => {
    if (reason === undefined) test(title, run, TEST_MS);
    else test.skip(`${title} (${reason})`, run);
  };
}

/** How long something may take, and how often it is read. */
export interface Wait {
  readonly interval: number;
  readonly timeout: number;
  /** So many reads in a row have to show it: replicas contradict each other. */
  readonly consecutiveReads?: number;
}

/** Written objects are everywhere within seconds. */
export const SOON: Wait = { interval: 3, timeout: 120, consecutiveReads: 4 };
/** Changes of a namespace take up to five minutes. */
export const MINUTES: Wait = { interval: 15, timeout: 900, consecutiveReads: 3 };
/** Work whose status tells when it is done. */
export const WORK: Wait = { interval: 30, timeout: 3600, consecutiveReads: 2 };

/** The sandbox of one suite: who is asked, with what, and what has to be undone. */
export class Sandbox {
  #target: Target | undefined;
  #account: Account | undefined;
  readonly #undo: { what: string; act: () => Promise<unknown> }[] = [];
  /** Names of the suite's own begin with this. */
  readonly prefix = `contract-${randomBytes(4).toString("hex")}`;

  constructor(readonly products: readonly string[]) {
    beforeAll(() => this.#open(), TEST_MS);
    afterAll(() => this.#close(), TEST_MS);
  }

  /** Tests at the end of a suite, about all that it has asked. */
  closing(): void {
    needing("emulator")("interval route of the emulator was asked", async () => {
      expect(notAsked(productsOf(this.products), this.client.replies)).toEqual([]);
      const answers = this.client.replies.length;
      report("Emulator honesty", {
        API: this.products.join(", "),
        answers,
        "held against Akamai's OpenAPI files": missing.openapi === undefined ? answers : 0,
        "deviations of those files, with a reason": DEVIATIONS.filter(({ product }) =>
          this.products.includes(product),
        ).length,
      });
    });
    needing("openapi")("interval answer has the shape that Akamai's OpenAPI files give it", async () => {
      const { deviations, unused } = compare(
        process.env.AKAMAI_OPENAPI_DIR ?? "",
        productsOf(this.products),
        this.client.replies,
      );
      expect(deviations).toEqual([]);
      // A real account does not show all of them.
      if (!isReal) expect(unused).toEqual([]);
    });
  }

  async #open(): Promise<void> {
    this.#target = isReal ? realTarget() : await emulatedTarget();
    const { AKAMAI_CONTRACT_ACCOUNT } = process.env;
    if (isReal) this.#account = Account.parse(JSON.parse(AKAMAI_CONTRACT_ACCOUNT ?? "{}"));
    else this.#account = await lookAt(this.client, { mayActivate: true, isReal: false });
    if (!isReal && Object.keys(this.#account.missing).length > 0)
      throw new Error(`the emulator lacks ${JSON.stringify(this.#account.missing)}`);
    this.client.replies.length = 0;
  }

  async #close(): Promise<void> {
    const left: string[] = [];
    for (const { what, act } of this.#undo.reverse()) {
      try {
        await act();
      } catch (error) {
        left.push(`${what}: ${error}`);
      }
    }
    await this.#target?.close();
    if (left.length > 0) throw new Error(`this was left behind: ${left.join("; ")}`);
  }

  get client(): Client {
    return the(this.#target, "target").client;
  }

  get groupId(): number {
    return the(this.#account?.groupId, "access group");
  }

  get contractId(): string {
    return the(this.#account?.contractId, "contract");
  }

  get resourceTierId(): number {
    return the(this.#account?.resourceTierId, "resource tier");
  }

  get property() {
    return the(this.#account?.property, "property");
  }

  send(method: Method, path: string, sent?: Sent): Promise<Reply> {
    return this.client.send(method, path, sent);
  }

  /** Is called after the tests, also after those that failed, the latest first. */
  undo(what: string, act: () => Promise<unknown>): void {
    this.#undo.push({ what, act });
  }

  /** Reads until the reply is as wanted, some times in a row; returns the last one. */
  async until(
    read: () => Promise<Reply>,
    holds: (reply: Reply) => boolean,
    { interval, timeout, consecutiveReads = 1 }: Wait,
  ): Promise<Reply> {
    let inARow = 0;
    for (let waited = 0; ; waited += interval) {
      const reply = await read();
      inARow = holds(reply) ? inARow + 1 : 0;
      if (inARow >= consecutiveReads) return reply;
      if (waited >= timeout)
        throw new Error(
          `after ${timeout} s: ${reply.method} ${reply.path} ${reply.status} ${reply.text.slice(0, 300)}`,
        );
      await the(this.#target, "target").pause(interval);
    }
  }
}

function the<T>(value: T | undefined, noun: string): T {
  if (value === undefined) throw new Error(`there is no ${noun}`);
  return value;
}
