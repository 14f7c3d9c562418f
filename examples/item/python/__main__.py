"""Items that an EdgeWorker of a shop reads: a banner as text, its limits as JSON."""

import json

import pulumi
from pulumi_akamai_edge import edgekv

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)

database = edgekv.Database("edgekv")
# Items expire with the retention of their namespace, counted from their last write. 0: never.
shop = edgekv.Namespace(
    "shop",
    network="staging",
    group_id=group_id,
    retention_in_seconds=0,
    opts=pulumi.ResourceOptions(depends_on=[database]),
)

banner = edgekv.Item(
    "banner",
    network="staging",
    namespace=shop.name,
    group="settings",
    key="banner",
    value=config.get("banner", "Free delivery until Sunday"),
)

limits = edgekv.Item(
    "limits",
    network="staging",
    namespace=shop.name,
    group="settings",
    key="limits",
    # As text, so that a member that is null stays one.
    json=json.dumps(
        {"perMinute": config.get_int("perMinute", 60), "burst": None, "countries": ["DE", "JP"]}
    ),
)

pulumi.export("limits", limits.json)
pulumi.export("writtenAt", limits.written_at)
