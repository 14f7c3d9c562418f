"""A site that greets visitors in the language of their country.

Words are in EdgeKV, code is in an EdgeWorker, and a rule for /hello is in a property that other people edit. Everything goes live on staging first, then on
production; each network has words, a token and a version of its own.

To take it down: `pulumi config set akamai-edge:takeDown true`, `pulumi up` takes the rule off both networks, and `pulumi destroy` removes the rest.
"""

import pulumi
from pulumi import ResourceOptions
from pulumi_akamai_edge import edgekv, edgeworkers, property

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)
property_name = config.get("propertyName", "www.example.com")
notify_emails = [config.get("notifyEmail", "web-team@example.com")]
words = {"US": "Hello", "DE": "Guten Tag", "JP": "こんにちは"}
permissions = config.get_object("permissions", ["r"])

database = edgekv.Database("edgekv")
greeter = edgeworkers.EdgeWorker(
    "greeter", group_id=group_id, resource_tier_id=200, description="Greets visitors"
)

# The live version of production is the base, so no draft of others goes live with this.
rules = property.EdgeWorkerRules(
    "greeter",
    property_name=property_name,
    base_version="production",
    note="Greeter for /hello",
    rules=[
        {
            "name": "Greeter",
            "parent": ["Sites", "Shop"],
            "position": {"before": "Checkout"},
            "comments": "Says hello in the language of the visitor",
            "paths": ["/hello", "/hello/*"],
            "edge_worker": {"edge_worker_id": greeter.edge_worker_id},
            "failover": {
                "fail_action": {
                    "action_type": "REDIRECT",
                    "redirect_custom_path": True,
                    "redirect_path": "/hello.html",
                },
            },
        }
    ],
)

# Production waits until staging is done.
live = []
for network in ["staging", "production"]:
    greetings = edgekv.Namespace(
        f"greetings-{network}",
        name="greetings",
        network=network,
        group_id=group_id,
        retention_in_seconds=0,
        opts=ResourceOptions(depends_on=[database]),
    )
    items = [
        edgekv.Item(
            f"{network}-{country}",
            network=network,
            namespace=greetings.name,
            group="countries",
            key=country,
            value=word,
        )
        for country, word in words.items()
    ]

    reader = edgekv.AccessToken(
        f"greeter-{network}",
        allow_on_staging=network == "staging",
        allow_on_production=network == "production",
        namespace_permissions=greetings.name.apply(lambda name: {name: permissions}),
        restrict_to_edge_worker_ids=[greeter.edge_worker_id],
    )
    # The code is created after the words that it reads, and deleted before them.
    code = edgeworkers.Version(
        f"greeter-{network}",
        edge_worker_id=greeter.edge_worker_id,
        bundle="../worker",
        version="auto",
        tokens=[reader.name],
        opts=ResourceOptions(depends_on=items),
    )

    # The code first, and then the requests to it.
    deployed = edgeworkers.Activation(
        f"greeter-{network}",
        edge_worker_id=greeter.edge_worker_id,
        network=network,
        version=code.version,
        opts=ResourceOptions(depends_on=[database, *live]),
    )
    live.append(
        property.Activation(
            f"site-{network}",
            property_id=rules.property_id,
            version=rules.version,
            network=network,
            notify_emails=notify_emails,
            note="Greeter for /hello",
            opts=ResourceOptions(depends_on=[deployed]),
        )
    )

pulumi.export("edgeWorkerId", greeter.edge_worker_id)
pulumi.export("propertyVersion", rules.version)
