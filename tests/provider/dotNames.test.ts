/** `.` and `..` would make another path of a request: a name, key, id or version of this form is refused before anything is sent. */
import { operationsOf } from "../../provider/adapter";
import { registry } from "../../provider/registry";
import { fuzzInputs } from "../resilience/fuzz/inputs";
import { offline } from "./framework/fakes";

/** Texts that are no part of the path of a request: they are sent in a body, or name a folder of the machine. */
const contents = [
  ...["edgekv:Item value", "edgekv:Item json", "edgeworkers:Activation note", "property:Activation note"],
  ...["edgeworkers:EdgeWorker name", "edgeworkers:EdgeWorker description"],
  "edgekv:Namespace snapshotBeforeDelete",
];

const fields = [...registry.values()].flatMap((resource) => {
  const bases = fuzzInputs[resource.token]?.bases ?? [];
  return bases.flatMap((base) =>
    Object.entries(base)
      .filter(([, value]) => typeof value === "string" || typeof value === "number")
      .map(([field]) => ({ name: `${resource.token} ${field}`, resource, base, field })),
  );
});

test.each([".", ".."])("%s is refused at preview wherever it would be part of a path", async (value) => {
  const accepted = new Set<string>();
  for (const { name, resource, base, field } of fields) {
    const sent: string[] = [];
    const context = offline({}, async ({ path }) => {
      sent.push(path);
      throw new Error("offline");
    });
    const given = { ...base, [field]: value, owner: "shop/dev/a" };
    const outcome = operationsOf(resource, Promise.resolve(context)).check({}, given);
    const failures = await outcome.then(
      ({ failures }) => failures,
      (error: Error) => [error],
    );
    if (failures.length === 0) accepted.add(name);
    expect([name, sent.filter((path) => path.split("/").includes(value))]).toEqual([name, []]);
  }
  expect([...accepted].filter((name) => !contents.includes(name))).toEqual([]);
});

test("a key of a group is refused too", async () => {
  const resource = registry.get("edgekv:ItemGroup");
  if (resource === undefined) throw new Error("there is none");
  for (const key of [".", "..", "a/../b"]) {
    const given = { network: "staging", namespace: "catalog", group: "pages", items: { [key]: "x" } };
    const { failures } = await operationsOf(resource, Promise.resolve(offline())).check(
      {},
      { ...given, owner: "shop/dev/a" },
    );
    expect(failures).toMatchObject([{ property: "items" }]);
  }
});
