/** What a request costs does not grow with what the account has: work is counted, not time. */

import type { Account } from "../../emulator/account/account";
import { freshAccount } from "../../emulator/account/account";
import { Agenda } from "../../emulator/agenda";
import { lagsOf } from "../../emulator/replication";
import { SavedState } from "../../emulator/savedState";
import { createServices } from "../../emulator/services";
import { Workers } from "./edgeworkers/support/worker";
import { Bench, createNamespace } from "./support/client";

const NOW = Date.parse("2026-01-01T00:00:00Z");

describe("time passes", () => {
  /** A table that counts how often somebody lists or reads its entries. */
  function counted<T extends object>(table: T, count: () => void): T {
    return new Proxy(table, {
      ownKeys(target) {
        count();
        return Reflect.ownKeys(target);
      },
      get(target, key, receiver) {
        count();
        return Reflect.get(target, key, receiver);
      },
    });
  }

  function accountWith(namespaces: number, count: () => void): Account {
    const account = freshAccount(1, NOW, {}, { initialized: true });
    const { edgekv, edgeworkers } = account;
    const ready = (namespace: string) => ({
      namespace,
      geoLocation: "US",
      retentionInSeconds: 0,
      groupId: 0,
      namespaceStatus: "READY" as const,
      dataAccessPolicy: { restrictDataAccess: true, policyType: "inherited" as const },
    });
    for (let i = 0; i < namespaces; i += 1) {
      edgekv.namespaces.staging[`n${i}`] = [{ at: NOW, lag: 0, value: ready(`n${i}`) }];
      edgeworkers.belongings[i] = { versions: {}, usedVersions: [], deployments: [] };
      edgeworkers.ids[i] = [
        {
          at: NOW,
          lag: 0,
          value: {
            edgeWorkerId: i,
            name: "e",
            groupId: 1,
            resourceTierId: 200,
            createdBy: "u",
            createdAt: NOW,
            lastModifiedBy: "u",
            lastModifiedAt: NOW,
          },
        },
      ];
    }
    edgekv.namespaces.staging = counted(edgekv.namespaces.staging, count);
    edgekv.tokens = counted(edgekv.tokens, count);
    edgeworkers.belongings = counted(edgeworkers.belongings, count);
    return account;
  }

  test.each([10, 1000])("with %i namespaces and EdgeWorkers, 100 requests look at none of them", (size) => {
    let looks = 0;
    const account = accountWith(size, () => {
      looks += 1;
    });
    const services = createServices();
    const request = (at: number) => {
      for (const { advance } of services) advance(account, at, lagsOf());
    };
    // The first one searches an account that comes from elsewhere.
    request(NOW);
    looks = 0;
    for (let second = 1; second <= 100; second += 1) request(NOW + second * 1000);
    // Whether the namespace "default" is there.
    expect(looks).toBeLessThanOrEqual(200);
  });

  test("an agenda is searched once, and hands out what is due in order", () => {
    let searches = 0;
    const agenda = new Agenda<object, string>(() => {
      searches += 1;
      return [
        { at: 30, what: "c" },
        { at: 10, what: "a" },
      ];
    });
    const state = {};
    agenda.add(state, 20, "b");
    agenda.add(state, 10, "a too");
    expect(agenda.take(state, 9)).toEqual([]);
    expect(new Set(agenda.take(state, 19))).toEqual(new Set(["a", "a too"]));
    agenda.add(state, 25, "late");
    expect(agenda.take(state, 30)).toEqual(["b", "late", "c"]);
    expect(agenda.take(state, 1e9)).toEqual([]);
    expect(searches).toBe(1);
  });

  // What a request noted down must be what a search of the whole state finds.
  test("a state that was read anew becomes the same as the one that went on", async () => {
    const bench = await Bench.ready({ lag: { object: 7 } });
    const workers = await Workers.start({ lag: { object: 7 } });
    try {
      for (const name of ["kept", "scheduled", "sooner", "cancelled"]) {
        await createNamespace(bench, "staging", { namespace: name });
      }
      const path = (name: string) => `networks/staging/namespaces/${name}`;
      for (const name of ["scheduled", "sooner", "cancelled"]) await bench.send("DELETE", path(name));
      const sooner = new Date(bench.emulator.clock.now() + 3600_000).toISOString();
      await bench.send("PUT", `${path("sooner")}/status/scheduled-delete`, {
        body: { scheduledDeleteTime: sooner },
      });
      await bench.send("DELETE", `${path("cancelled")}/status/scheduled-delete`);
      for (const name of ["t", "refreshed"]) {
        const permissions = { name, allowOnStaging: true, allowOnProduction: false };
        await bench.send("POST", "tokens", {
          body: { ...permissions, namespacePermissions: { kept: ["r"] } },
        });
      }
      bench.emulator.clock.advance(86_400);
      await bench.send("POST", "tokens/refreshed/refresh");
      const id = await workers.id();
      workers.advance(60);
      for (const version of ["1.0", "2.0"]) await workers.version(id, version);
      workers.advance(60);
      await workers.send("DELETE", `/ids/${id}/versions/1.0`);
      for (const { emulator } of [bench, workers]) {
        for (const days of [0, 0.0001, 1, 2, 60, 200]) {
          emulator.clock.advance(days * 86_400);
          const went = emulator.state.get() as object;
          // Nothing was noted down about a state that is put.
          emulator.state.put(went);
          expect(emulator.state.get()).toEqual(went);
        }
      }
      const state = bench.emulator.state.get() as Account;
      const alive = Object.entries(state.edgekv.namespaces.staging).filter(([, all]) => all.at(-1)?.value);
      expect(alive.map(([name]) => name).sort()).toEqual(["cancelled", "default", "kept"]);
      expect(
        Object.keys((workers.emulator.state.get() as Account).edgeworkers.belongings[id]?.versions ?? {}),
      ).toEqual(["2.0"]);
    } finally {
      await bench.close();
      await workers.close();
    }
  });
});

describe("a state that is kept", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test("is written at most every 250 ms, and at the end", () => {
    let [writes, value, written] = [0, 0, 0];
    const saved = new SavedState(() => {
      writes += 1;
      written = value;
    });
    for (let change = 1; change <= 1000; change += 1) {
      value = change;
      saved.changed();
      jest.advanceTimersByTime(1);
    }
    // 1,000 changes in a second: at once, and at the end of each quarter.
    expect([writes, written]).toEqual([5, 1000]);
    value = 1001;
    saved.changed();
    saved.flush();
    expect([writes, written]).toEqual([6, 1001]);
    saved.flush();
    jest.advanceTimersByTime(1000);
    expect(writes).toBe(6);
  });

  test("what could not be written is reported to the next request", () => {
    let full = false;
    const saved = new SavedState(() => {
      if (full) throw new Error("no space left");
    });
    saved.changed();
    full = true;
    saved.changed();
    jest.advanceTimersByTime(250);
    expect(() => saved.changed()).toThrow("no space left");
    full = false;
    saved.changed();
    saved.flush();
  });
});
