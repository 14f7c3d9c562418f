// Redirects for an EdgeWorker. For /about-us it reads the item `about-us`, which has the target and the status.
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

	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}
	shop, err := edgekv.NewNamespace(ctx, "shop", &edgekv.NamespaceArgs{
		Network:            pulumi.String("staging"),
		GroupId:            pulumi.Int(groupId),
		RetentionInSeconds: pulumi.Int(0),
	}, pulumi.DependsOn([]pulumi.Resource{database}))
	if err != nil {
		return err
	}

	// Without a column for the value, an item is JSON of the others: {"status":"301","to":"/company"}.
	redirects, err := edgekv.NewItemGroup(ctx, "redirects", &edgekv.ItemGroupArgs{
		Network:   pulumi.String("staging"),
		Namespace: shop.Name,
		Group:     pulumi.String("redirects"),
		// The file that people edit, from the folder of this program.
		File:    pulumi.String("../redirects.csv"),
		Columns: edgekv.ItemGroupColumnsArgs{Key: pulumi.String("from")},
		// Items that are not in the file are deleted.
		Ownership: pulumi.String("exclusive"),
	})
	if err != nil {
		return err
	}

	// A few more in sharded groups. A hash of the key chooses the group, and the worker computes the same hash.
	campaigns, err := edgekv.NewItemGroup(ctx, "campaigns", &edgekv.ItemGroupArgs{
		Network:   pulumi.String("staging"),
		Namespace: shop.Name,
		Group:     pulumi.String("campaigns"),
		Items: pulumi.Map{
			"spring": pulumi.String("/offers/spring"),
			// JSON is given as text.
			"black-friday": pulumi.Map{"json": pulumi.String(`{ "to": "/offers", "until": null }`)},
		},
		Shards: pulumi.Int(2),
	})
	if err != nil {
		return err
	}

	ctx.Export("redirects", redirects.Count)
	ctx.Export("campaignGroups", campaigns.Groups)
	return nil
}
