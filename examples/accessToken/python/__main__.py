"""Two tokens with the least that their EdgeWorkers need: one only reads, the other fills the namespace."""

import pulumi
from pulumi_akamai_edge import edgekv

config = pulumi.Config()
# An access group and an EdgeWorker of your account: pulumi config set groupId 12345
group_id = config.get_int("groupId", 72297)
importer = config.get("importerId", "54321")

database = edgekv.Database("edgekv")
redirects = edgekv.Namespace(
    "redirects",
    network="staging",
    group_id=group_id,
    retention_in_seconds=90 * 86_400,
    opts=pulumi.ResourceOptions(depends_on=[database]),
)

reader = edgekv.AccessToken(
    "redirects-reader",
    allow_on_staging=True,
    namespace_permissions=redirects.name.apply(lambda name: {name: ["r"]}),
)

writer = edgekv.AccessToken(
    "redirects-writer",
    allow_on_staging=True,
    namespace_permissions=redirects.name.apply(lambda name: {name: ["r", "w", "d"]}),
    restrict_to_edge_worker_ids=[importer],
    # Another text here refreshes the token; its name and its reference stay.
    refresh_triggers="2026-11",
)

pulumi.export("reader", reader.name)
pulumi.export("writer", writer.name)
# What an EdgeWorker reads with. It is secret.
pulumi.export("readerReference", reader.reference)
