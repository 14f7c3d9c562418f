"""Requests for /hello go to an EdgeWorker, and to a page of the origin when it fails. All other rules of the property are other people's."""

import pulumi
from pulumi_akamai_edge import edgeworkers, property

config = pulumi.Config()
group_id = config.get_int("groupId", 72297)
property_name = config.get("propertyName", "www.example.com")

greeter = edgeworkers.EdgeWorker("greeter", group_id=group_id, resource_tier_id=100)

rules = property.EdgeWorkerRules(
    "greeter",
    property_name=property_name,
    base_version="latest",
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
                "response_codes": [500, 503, 504],
                "fail_action": {
                    "action_type": "REDIRECT",
                    "redirect_custom_path": True,
                    "redirect_path": "/hello.html",
                    "redirect_method": 302,
                },
            },
        },
        {
            "name": "Greetings are not cached",
            "parent": ["Sites", "Shop"],
            "papi": {
                "criteria": [
                    {
                        "name": "path",
                        "options": {"matchOperator": "MATCHES_ONE_OF", "values": ["/hello", "/hello/*"]},
                    }
                ],
                "behaviors": [{"name": "caching", "options": {"behavior": "NO_STORE"}}],
            },
        },
    ],
)

pulumi.export("version", rules.version)
pulumi.export("ruleFormat", rules.rule_format)
pulumi.export("warnings", rules.warnings)
