"""Activates a version of a property on production. `up` does nothing when that version is live there already."""

import pulumi
from pulumi_akamai_edge import property

config = pulumi.Config()
# A property of your account and one of its versions: pulumi config set propertyId prp_12345
property_id = config.get("propertyId", "prp_173136")
version = config.get_int("version", 3)

production = property.Activation(
    "production",
    property_id=property_id,
    network="production",
    version=version,
    note="Promoted by Pulumi",
    notify_emails=[config.get("notifyEmail", "web-team@example.com")],
    # The site stays up when this is destroyed. It is the default; taking it off the network would be `deactivate`.
    deletion={"mode": "retain"},
)

pulumi.export("version", production.version)
pulumi.export("previousVersion", production.previous_version)
pulumi.export("status", production.status)
