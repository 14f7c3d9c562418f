"""Two EdgeWorkers: one with its resource tier by id, one with its tier by name."""

import pulumi
from pulumi_akamai_edge import edgeworkers

config = pulumi.Config()
# An access group and a contract of your account: pulumi config set groupId 12345
group_id = config.get_int("groupId", 72297)
contract_id = config.get("contractId", "1-3CV382")

redirects = edgeworkers.EdgeWorker(
    "redirects",
    group_id=group_id,
    # 100 is Basic Compute: enough for code without subrequests.
    resource_tier_id=100,
    description="Sends old links to new pages",
)

catalog = edgeworkers.EdgeWorker(
    "catalog",
    name="shop-catalog",
    group_id=group_id,
    # Looked up at preview, which shows the id.
    resource_tier="Dynamic Compute",
    contract_id=contract_id,
    # Versions that somebody uploads by hand go with it when it is destroyed.
    delete_versions=True,
)

pulumi.export("redirects", redirects.edge_worker_id)
pulumi.export("catalog", catalog.edge_worker_id)
pulumi.export("catalogTier", catalog.resource_tier_id)
