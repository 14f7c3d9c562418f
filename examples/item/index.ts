import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

/** Items that an EdgeWorker of a shop reads: a banner as text, its limits as JSON. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;

  const database = new edgekv.Database("edgekv", {});
  // Items expire with the retention of their namespace, counted from their last write. 0: never.
  const shop = new edgekv.Namespace(
    "shop",
    { network: "staging", groupId, retentionInSeconds: 0 },
    { dependsOn: database },
  );
  const settings = { network: "staging", namespace: shop.name, group: "settings" } as const;

  const banner = new edgekv.Item("banner", {
    ...settings,
    key: "banner",
    value: config.get("banner") ?? "Free delivery until Sunday",
  });

  const limits = new edgekv.Item("limits", {
    ...settings,
    key: "limits",
    // A member that is null stays one.
    json: { perMinute: config.getNumber("perMinute") ?? 60, burst: null, countries: ["DE", "JP"] },
  });

  // The keys of the group, read after the items are written.
  const { keys } = edgekv.getItemKeysOutput({
    ...settings,
    namespace: pulumi.all([banner.id, limits.id]).apply(() => shop.name),
  });
  const live = edgekv.getItemOutput({ ...settings, key: banner.id.apply(() => "banner") });

  return { keys, banner: live.value, limits: limits.json, writtenAt: limits.writtenAt };
};
