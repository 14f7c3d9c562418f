"""One version, live on staging, and on production too with `pulumi config set production true`."""

import pulumi
from pulumi_akamai_edge import edgeworkers

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)

teapot = edgeworkers.EdgeWorker("teapot", group_id=group_id, resource_tier_id=100)

code = edgeworkers.Version(
    "teapot",
    edge_worker_id=teapot.edge_worker_id,
    # The folder with main.js and bundle.json.
    bundle="../worker",
    version="auto",
    keep_versions=1,
)

staging = edgeworkers.Activation(
    "teapot-staging",
    edge_worker_id=teapot.edge_worker_id,
    network="staging",
    version=code.version,
    note="by Pulumi",
)

if config.get_bool("production"):
    edgeworkers.Activation(
        "teapot-production",
        edge_worker_id=teapot.edge_worker_id,
        network="production",
        version=code.version,
        # First where no visitor is.
        opts=pulumi.ResourceOptions(depends_on=[staging]),
    )

pulumi.export("version", staging.version)
pulumi.export("activationId", staging.activation_id)
pulumi.export("status", staging.status)
