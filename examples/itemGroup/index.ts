import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

/** The file that people edit. */
const redirects = join(__dirname, "redirects.csv");

/** Redirects for an EdgeWorker. For /about-us it reads the item `about-us`, which has the target and the status. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;

  const database = new edgekv.Database("edgekv", {});
  const shop = new edgekv.Namespace(
    "shop",
    { network: "staging", groupId, retentionInSeconds: 0 },
    { dependsOn: database },
  );

  // Without a column for the value, an item is JSON of the others: {"status":"301","to":"/company"}.
  const map = new edgekv.ItemGroup("redirects", {
    network: "staging",
    namespace: shop.name,
    group: "redirects",
    file: redirects,
    columns: { key: "from" },
    // Items that are not in the file are deleted.
    ownership: "exclusive",
  });

  // A few more in sharded groups. A hash of the key chooses the group, and the worker computes the same hash.
  const campaigns = new edgekv.ItemGroup("campaigns", {
    network: "staging",
    namespace: shop.name,
    group: "campaigns",
    items: { spring: "/offers/spring", "black-friday": { to: "/offers", until: null } },
    shards: 2,
  });

  return {
    redirects: map.count,
    campaignGroups: campaigns.groups,
    groupOfSpring: edgekv.shardGroup("campaigns", "spring", 2),
    // Belongs into the bundle of the worker, as shards.js.
    shardsModule: edgekv.shardsModule,
  };
};
