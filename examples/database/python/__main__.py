"""EdgeKV for the account: initialized when it is not yet, otherwise left as it is."""

import pulumi
from pulumi_akamai_edge import edgekv

database = edgekv.Database("edgekv")

pulumi.export("accountStatus", database.account_status)
pulumi.export("cpcode", database.cpcode)
pulumi.export("policy", database.policy)
