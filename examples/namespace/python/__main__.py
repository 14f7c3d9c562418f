"""One name on both networks: two namespaces, each with data of its own, and one access group."""

import pulumi
from pulumi_akamai_edge import edgekv

DAY = 86_400

config = pulumi.Config()
# An access group of your account: pulumi config set groupId 12345
group_id = config.get_int("groupId", 72297)

database = edgekv.Database("edgekv")

# Staging has the data of tests: short-lived, and deleted half a day after a destroy.
staging = edgekv.Namespace(
    "prices-staging",
    name="prices",
    network="staging",
    group_id=group_id,
    retention_in_seconds=7 * DAY,
    deletion={"mode": "scheduled", "after_seconds": DAY // 2},
    opts=pulumi.ResourceOptions(depends_on=[database]),
)

# Production keeps its items for ever, in Europe, also after a destroy.
production = edgekv.Namespace(
    "prices-production",
    name="prices",
    network="production",
    group_id=group_id,
    retention_in_seconds=0,
    geo_location="EU",
    deletion={"mode": "retain"},
    opts=pulumi.ResourceOptions(depends_on=[database]),
)

pulumi.export("staging", staging.id)
pulumi.export("production", production.id)
pulumi.export("policy", production.policy)
