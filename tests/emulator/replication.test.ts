import fc from "fast-check";
import { createClock } from "../../emulator/clock";
import { hasDuplicateAttributes, parseTables } from "../../emulator/json";
import { nextRandom, randomUuid, sample, shuffle } from "../../emulator/prng";
import {
  isExpunged,
  lagsOf,
  type Replicated,
  readPrimary,
  readReplica,
  write,
} from "../../emulator/replication";

const writes = fc.array(fc.record({ wait: fc.nat(20_000), lag: fc.nat(300), value: fc.option(fc.nat()) }), {
  minLength: 1,
  maxLength: 8,
});
const replica = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("after the lag every replica shows what was written last; before, something that was there", () => {
  fc.assert(
    fc.property(writes, fc.nat(300_000), replica, (steps, later, behind) => {
      const versions: Replicated<number> = [];
      let now = 0;
      for (const { wait, lag, value } of steps) {
        now += wait;
        write(versions, value, now, lag);
      }
      const last = steps.at(-1);
      const values = [undefined, ...steps.map(({ value }) => value ?? undefined)];
      const seen = readReplica(versions, { now: now + later, staleness: behind });
      expect(values).toContain(seen);
      expect(readPrimary(versions)).toBe(last?.value ?? undefined);
      if (last && later >= last.lag * 1000) {
        expect(seen).toBe(last.value ?? undefined);
        expect(isExpunged(versions, now + later)).toBe(last.value === null);
      }
    }),
  );
});

test("forgetting old versions changes no answer", () => {
  fc.assert(
    fc.property(writes, replica, (steps, behind) => {
      const kept: Replicated<number> = [];
      const all: Replicated<number> = [];
      let now = 0;
      for (const { wait, lag, value } of steps) {
        now += wait;
        write(kept, value, now, lag);
        all.push({ at: now, lag: lag * 1000, value });
        expect(readReplica(kept, { now, staleness: behind })).toBe(
          readReplica(all, { now, staleness: behind }),
        );
      }
    }),
  );
});

test("the lags", () => {
  const none = { min: 0, max: 0 };
  const [minute, both] = [{ min: 60, max: 60 }, (of: object) => ({ staging: of, production: of })];
  const documented = {
    object: 0,
    newNamespace: 5,
    item: 10,
    change: 300,
    activation: 120,
    initialization: 30,
    deployment: { min: 120, max: 300 },
    upload: { min: 5, max: 20 },
    propertyActivation: { staging: { min: 180, max: 600 }, production: { min: 600, max: 2400 } },
  };
  expect(lagsOf()).toEqual(documented);
  expect(lagsOf("none")).toEqual({
    object: 0,
    newNamespace: 0,
    item: 0,
    change: 0,
    activation: 0,
    initialization: 0,
    deployment: none,
    upload: none,
    propertyActivation: both(none),
  });
  expect(lagsOf(60)).toEqual({
    object: 0,
    newNamespace: 5,
    item: 10,
    change: 60,
    activation: 60,
    initialization: 60,
    deployment: minute,
    upload: minute,
    propertyActivation: both(minute),
  });
  expect(lagsOf({ object: 20 })).toEqual({ ...documented, object: 20 });
  expect(lagsOf({ preset: "none", object: 5 })).toEqual({ ...lagsOf("none"), object: 5 });
  expect(() => lagsOf(-1)).toThrow(RangeError);
  expect(() => lagsOf({ object: -1 })).toThrow(RangeError);
});

test("random numbers repeat with their seed, and are in bounds", () => {
  const [one, same, other] = [{ prng: 1 }, { prng: 1 }, { prng: 2 }];
  const uuid = randomUuid(one);
  expect([uuid === randomUuid(same), uuid === randomUuid(other)]).toEqual([true, false]);
  for (let i = 0; i < 1000; i += 1) {
    const thrown = nextRandom(one);
    expect(thrown >= 0 && thrown < 1).toBe(true);
  }
  expect(sample(one, [1, 2, 3], 3)).toEqual([1, 2, 3]);
  expect(new Set(sample(one, [1, 2, 3], 2)).size).toBe(2);
  expect(new Set(shuffle(one, [1, 2, 3]))).toEqual(new Set([1, 2, 3]));
});

test("the clock runs with the machine, faster, or by hand, and never back", async () => {
  const [real, fast, manual] = [createClock(), createClock({ scale: 1000 }), createClock("manual")];
  const [began, start] = [fast.now(), manual.now()];
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(Math.abs(real.now() - Date.now())).toBeLessThan(50);
  expect(fast.now() - began).toBeGreaterThan(10_000);
  expect(manual.now()).toBe(start);
  manual.advance(1.5);
  expect(manual.now()).toBe(start + 1500);
  expect(() => manual.advance(-1)).toThrow(RangeError);
  expect(() => createClock({ scale: -1 })).toThrow(RangeError);
  expect(createClock("manual", start + 1e9).now()).toBe(start + 1e9);
});

test("duplicate attributes are found, and nothing else is", () => {
  fc.assert(fc.property(fc.json(), (text) => !hasDuplicateAttributes(text)));
  for (const text of ['{"a":1,"a":2}', '{"b":[{"x":1,"\\u0078":2}]}', '{"a":{},"a" :[]}'])
    expect(hasDuplicateAttributes(text)).toBe(true);
  for (const text of ['{"a":{"a":1},"b":{"a":"a"}}', '{"a":"{\\"a\\":1,\\"a\\":2}"}', '["a","a"]'])
    expect(hasDuplicateAttributes(text)).toBe(false);
});

test("tables keep every key", () => {
  const parsed = parseTables('{"__proto__":{"constructor":1}}') as Record<string, Record<string, number>>;
  expect(Object.keys(parsed)).toEqual(["__proto__"]);
  expect(parsed.toString).toBeUndefined();
  expect(JSON.stringify(parsed)).toBe('{"__proto__":{"constructor":1}}');
});
