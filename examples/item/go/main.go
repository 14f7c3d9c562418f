// Items that an EdgeWorker of a shop reads: a banner as text, its limits as JSON.
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
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}
	text := "Free delivery until Sunday"
	if set := conf.Get("banner"); set != "" {
		text = set
	}

	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}
	// Items expire with the retention of their namespace, counted from their last write. 0: never.
	shop, err := edgekv.NewNamespace(ctx, "shop", &edgekv.NamespaceArgs{
		Network:            pulumi.String("staging"),
		GroupId:            pulumi.Int(groupId),
		RetentionInSeconds: pulumi.Int(0),
	}, pulumi.DependsOn([]pulumi.Resource{database}))
	if err != nil {
		return err
	}

	_, err = edgekv.NewItem(ctx, "banner", &edgekv.ItemArgs{
		Network:   pulumi.String("staging"),
		Namespace: shop.Name,
		Group:     pulumi.String("settings"),
		Key:       pulumi.String("banner"),
		Value:     pulumi.String(text),
	})
	if err != nil {
		return err
	}

	limits, err := edgekv.NewItem(ctx, "limits", &edgekv.ItemArgs{
		Network:   pulumi.String("staging"),
		Namespace: shop.Name,
		Group:     pulumi.String("settings"),
		Key:       pulumi.String("limits"),
		// As text, so that a member that is null stays one.
		Json: pulumi.String(`{ "perMinute": 60, "burst": null, "countries": ["DE", "JP"] }`),
	})
	if err != nil {
		return err
	}

	ctx.Export("limits", limits.Json)
	ctx.Export("writtenAt", limits.WrittenAt)
	return nil
}
