"""Redirects for an EdgeWorker. For /about-us it reads the item `about-us`, which has the target and the status."""

import json

import pulumi
from pulumi_akamai_edge import edgekv

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)

database = edgekv.Database("edgekv")
shop = edgekv.Namespace(
    "shop",
    network="staging",
    group_id=group_id,
    retention_in_seconds=0,
    opts=pulumi.ResourceOptions(depends_on=[database]),
)

# Without a column for the value, an item is JSON of the others: {"status":"301","to":"/company"}.
redirects = edgekv.ItemGroup(
    "redirects",
    network="staging",
    namespace=shop.name,
    group="redirects",
    # The file that people edit, from the folder of this program.
    file="../redirects.csv",
    columns={"key": "from"},
    # Items that are not in the file are deleted.
    ownership="exclusive",
)

# A few more in sharded groups. A hash of the key chooses the group, and the worker computes the same hash.
campaigns = edgekv.ItemGroup(
    "campaigns",
    network="staging",
    namespace=shop.name,
    group="campaigns",
    items={
        "spring": "/offers/spring",
        # JSON is given as text.
        "black-friday": {"json": json.dumps({"to": "/offers", "until": None})},
    },
    shards=2,
)

pulumi.export("redirects", redirects.count)
pulumi.export("campaignGroups", campaigns.groups)
