import { Bench, catalog, createNamespace, expectError } from "../support/client";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.ready();
});
afterEach(() => bench.close());

/** What the client `default` may do, per access group. */
function allow(capabilities: Record<string, string[]>): void {
  const state = bench.emulator.state.get() as { clients: Record<string, object> };
  Object.assign(state.clients.default ?? {}, { capabilities });
  bench.emulator.state.put(state);
}

test("three access groups, each with all 22 capabilities", async () => {
  const { groups } = (await bench.send("GET", "auth/groups")).json as {
    groups: { groupId: number; groupName: string; capabilities: string[] }[];
  };
  expect(groups.map(({ groupId, groupName }) => [groupId, groupName])).toEqual([
    [72_297, "Team A"],
    [98_765, "Team B"],
    [109_795, "Shared"],
  ]);
  for (const { capabilities } of groups) expect(new Set(capabilities).size).toBe(22);
  expect(groups[0]?.capabilities).toEqual(
    expect.arrayContaining(["READ_STAGING_DATA", "AUTHORIZE_NAMESPACE", "REVOKE_STAGING_TOKEN"]),
  );
});

test("one group, the account group, and one without access", async () => {
  expect((await bench.send("GET", "auth/groups/98765")).json).toMatchObject({
    groupId: 98_765,
    groupName: "Team B",
  });
  expect((await bench.send("GET", "auth/groups/0")).json).toMatchObject({
    groupId: 0,
    groupName: "Account Group",
  });
  for (const id of ["4711", "x"]) expectError(await bench.send("GET", `auth/groups/${id}`), 403, "EKV_1000");
});

test("a read-only client may view and read", async () => {
  const { capabilities } = (await bench.send("GET", "auth/groups/72297", { section: "read-only" })).json as {
    capabilities: string[];
  };
  expect(capabilities).toHaveLength(6);
  for (const name of capabilities) expect(name).toMatch(/^(VIEW|READ)_/);
});

test("every call needs its capability in the group of the namespace", async () => {
  await createNamespace(bench);
  await createNamespace(bench, "production");
  allow({ "72297": ["VIEW_TOKEN"], "98765": ["VIEW_NAMESPACE"] });
  const path = (network: string) => `networks/${network}/namespaces/catalog`;
  const item = `${path("staging")}/groups/g/items/i`;
  const token = {
    name: "t",
    allowOnStaging: true,
    allowOnProduction: false,
    namespacePermissions: { catalog: ["r"] },
  };
  const calls = [
    ["GET", path("staging"), undefined, "VIEW_STAGING_NAMESPACE"],
    ["GET", path("production"), undefined, "VIEW_NAMESPACE"],
    ["PUT", path("production"), catalog, "MODIFY_NAMESPACE"],
    ["DELETE", path("production"), undefined, "DELETE_NAMESPACE"],
    ["DELETE", `${path("staging")}/status/scheduled-delete`, undefined, "DELETE_STAGING_NAMESPACE"],
    ["PUT", "auth/namespaces/catalog", { groupId: 98_765 }, "AUTHORIZE_STAGING_NAMESPACE"],
    ["POST", "networks/production/namespaces", { ...catalog, namespace: "other" }, "CREATE_NAMESPACE"],
    ["GET", item, undefined, "READ_STAGING_DATA"],
    ["PUT", item, {}, "WRITE_STAGING_DATA"],
    ["DELETE", item, undefined, "DELETE_STAGING_DATA"],
    ["GET", `${path("staging")}/groups`, undefined, "READ_STAGING_DATA"],
    ["GET", `${path("staging")}/groups/g`, undefined, "READ_STAGING_DATA"],
    ["POST", "tokens", token, "CREATE_STAGING_TOKEN"],
    ["DELETE", "tokens/t", undefined, "REVOKE_TOKEN"],
  ] as const;
  for (const [method, url, body, name] of calls) {
    const detail = `That resource does not exist or you are missing the '${name}' permission for it.`;
    expectError(await bench.send(method, url, body && { body }), 400, "EKV_1002", detail);
  }
  // The group 0 of `default` stands for all groups: a capability in any of them is enough.
  const names = async (network: string) =>
    (await bench.send("GET", `networks/${network}/namespaces`)).json.namespaces;
  expect(await names("production")).toEqual([{ namespace: "default" }]);
  expect(await names("staging")).toEqual([]);
  expect((await bench.send("GET", "tokens")).status).toBe(404);
});

test("a group in which the client may nothing is not accessible", async () => {
  allow({ "98765": ["VIEW_NAMESPACE"] });
  expectError(await createNamespace(bench), 403, "EKV_1000", "You do not have access to group 72297.");
  expect((await bench.send("GET", "auth/groups")).json.groups).toHaveLength(1);
  expectError(await bench.send("GET", "tokens"), 400, "EKV_1002");
});
