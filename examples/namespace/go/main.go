// One name on both networks: two namespaces, each with data of its own, and one access group.
package main

import (
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/edgekv"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	const day = 86_400
	// An access group of your account: pulumi config set groupId 12345
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}

	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}

	// Staging has the data of tests: short-lived, and deleted half a day after a destroy.
	staging, err := edgekv.NewNamespace(ctx, "prices-staging", &edgekv.NamespaceArgs{
		Name:               pulumi.String("prices"),
		Network:            pulumi.String("staging"),
		GroupId:            pulumi.Int(groupId),
		RetentionInSeconds: pulumi.Int(7 * day),
		Deletion: edgekv.NamespaceDeletionArgs{
			Mode:         pulumi.String("scheduled"),
			AfterSeconds: pulumi.Int(day / 2),
		},
	}, pulumi.DependsOn([]pulumi.Resource{database}))
	if err != nil {
		return err
	}

	// Production keeps its items for ever, in Europe, also after a destroy.
	production, err := edgekv.NewNamespace(ctx, "prices-production", &edgekv.NamespaceArgs{
		Name:               pulumi.String("prices"),
		Network:            pulumi.String("production"),
		GroupId:            pulumi.Int(groupId),
		RetentionInSeconds: pulumi.Int(0),
		GeoLocation:        pulumi.String("EU"),
		Deletion:           edgekv.NamespaceDeletionArgs{Mode: pulumi.String("retain")},
	}, pulumi.DependsOn([]pulumi.Resource{database}))
	if err != nil {
		return err
	}

	ctx.Export("staging", staging.ID())
	ctx.Export("production", production.ID())
	ctx.Export("policy", production.Policy)
	return nil
}
