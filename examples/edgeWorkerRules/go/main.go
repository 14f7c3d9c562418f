// Requests for /hello go to an EdgeWorker, and to a page of the origin when it fails. All other rules of the property are other people's.
package main

import (
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/edgeworkers"
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}
	propertyName := "www.example.com"
	if set := conf.Get("propertyName"); set != "" {
		propertyName = set
	}

	greeter, err := edgeworkers.NewEdgeWorker(ctx, "greeter", &edgeworkers.EdgeWorkerArgs{
		GroupId:        pulumi.Int(groupId),
		ResourceTierId: pulumi.Int(100),
	})
	if err != nil {
		return err
	}

	hello := []string{"/hello", "/hello/*"}
	rules, err := property.NewEdgeWorkerRules(ctx, "greeter", &property.EdgeWorkerRulesArgs{
		PropertyName: pulumi.String(propertyName),
		BaseVersion:  pulumi.String("latest"),
		Note:         pulumi.String("Greeter for /hello"),
		Rules: property.EdgeWorkerRulesRulesArray{
			property.EdgeWorkerRulesRulesArgs{
				Name:     pulumi.String("Greeter"),
				Parent:   pulumi.ToStringArray([]string{"Sites", "Shop"}),
				Position: property.EdgeWorkerRulesRulesPositionArgs{Before: pulumi.String("Checkout")},
				Comments: pulumi.String("Says hello in the language of the visitor"),
				Paths:    pulumi.ToStringArray(hello),
				EdgeWorker: property.EdgeWorkerRulesRulesEdgeWorkerArgs{
					EdgeWorkerId: greeter.EdgeWorkerId,
				},
				Failover: property.EdgeWorkerRulesRulesFailoverArgs{
					ResponseCodes: pulumi.Array{pulumi.Int(500), pulumi.Int(503), pulumi.Int(504)},
					FailAction: property.EdgeWorkerRulesRulesFailoverFailActionArgs{
						ActionType:         pulumi.String("REDIRECT"),
						RedirectCustomPath: pulumi.Bool(true),
						RedirectPath:       pulumi.String("/hello.html"),
						RedirectMethod:     pulumi.Int(302),
					},
				},
			},
			property.EdgeWorkerRulesRulesArgs{
				Name:   pulumi.String("Greetings are not cached"),
				Parent: pulumi.ToStringArray([]string{"Sites", "Shop"}),
				Papi: pulumi.Any(map[string]any{
					"criteria": []map[string]any{{
						"name":    "path",
						"options": map[string]any{"matchOperator": "MATCHES_ONE_OF", "values": hello},
					}},
					"behaviors": []map[string]any{{
						"name":    "caching",
						"options": map[string]any{"behavior": "NO_STORE"},
					}},
				}),
			},
		},
	})
	if err != nil {
		return err
	}

	ctx.Export("version", rules.Version)
	ctx.Export("ruleFormat", rules.RuleFormat)
	ctx.Export("warnings", rules.Warnings)
	return nil
}
