import type { EmulatorOptions } from "../../../emulator";
import { type StoredResource, TestEngine } from "../../support/testEngine";

/** The requests of runs, from the emulator's journal. */
export class CountedRuns {
  private constructor(readonly engine: TestEngine) {}

  /** Previews have reads of their own: without `previewReads`, what is left is what the work takes. */
  static async start(
    options: EmulatorOptions = { lag: "none" },
    settings: Readonly<Record<string, string>> = { previewReads: "false" },
  ): Promise<CountedRuns> {
    return new CountedRuns(await TestEngine.start(options, settings));
  }

  /** All requests of one run, in the order in which they were sent. Whether EdgeKV is initialized is asked once for a run. */
  async requestsOf(act: () => Promise<unknown>): Promise<string[]> {
    this.engine.run().emulator.clearJournal();
    await act();
    return this.engine.requests().filter((request) => request !== "GET /initialize");
  }

  /** Many resources of one kind in one run, as an engine works on them: all at the same time. */
  upAll(
    token: string,
    programs: readonly (readonly [name: string, args: object])[],
    olds: readonly StoredResource[] = [],
  ): Promise<StoredResource[]> {
    return Promise.all(programs.map(([name, args], n) => this.engine.up(token, name, args, olds[n])));
  }

  destroyAll(olds: readonly StoredResource[]): Promise<unknown> {
    return Promise.all(olds.map((one) => this.engine.destroy(one)));
  }
}

export const day = 86_400;
export const listing = "GET /networks/staging/namespaces?details=on";
export const folder = "/networks/staging/namespaces/catalog";
export const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 30 * day };
export const immediate = { ...catalog, deletion: { mode: "immediate" } };

/** Before a delete, once in a run: the EdgeWorkers whose live code could use what is deleted. */
export const liveCode = ["GET /edgeworkers/v1/ids"];

/** On a busy machine a request may time out, and be sent again: each is counted once. */
export const distinct = (requests: readonly string[], method: string) =>
  new Set(requests.filter((request) => request.startsWith(`${method} `))).size;
