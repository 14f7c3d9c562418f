import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

/** The file that people edit. */
const redirects = join(__dirname, "redirects.csv");

/** What an EdgeWorker does when it is asked for /about-us: it finds the item `about-us`, which says where to go and with which status. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;

  const database = new edgekv.Database("edgekv", {});
  const shop = new edgekv.Namespace("shop", { network: "staging", groupId, retentionInSeconds: 0 }, { dependsOn: database });

  // Without a column for the value, an item is JSON of the others: {"status":"301","to":"/company"}.
  const map = new edgekv.ItemGroup("redirects", {
    network: "staging",
    namespace: shop.name,
    group: "redirects",
    file: redirects,
    columns: { key: "from" },
    // What is not in the file goes from the group as well.
    ownership: "exclusive",
  });

  // A few more by hand, in groups of their own: a hash of the key tells which, and the worker finds it with the same code.
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
