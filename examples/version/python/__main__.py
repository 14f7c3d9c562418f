"""A version of an EdgeWorker that redirects moved pages, from a folder of files."""

import pulumi
from pulumi_akamai_edge import edgeworkers

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)

redirects = edgeworkers.EdgeWorker("redirects", group_id=group_id, resource_tier_id=100)

code = edgeworkers.Version(
    "redirects",
    edge_worker_id=redirects.edge_worker_id,
    # The folder with main.js, places.js and bundle.json.
    bundle="../worker",
    # 1.0 and a hash of the content: other files are another version, and the preview names them.
    version="auto",
    # The two before it stay, to go back to.
    keep_versions=2,
)

pulumi.export("version", code.version)
pulumi.export("checksum", code.checksum)
