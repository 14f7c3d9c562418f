// Two EdgeWorkers: one with its resource tier by id, one with its tier by name.
package main

import (
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/edgeworkers"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	// An access group and a contract of your account: pulumi config set groupId 12345
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}
	contractId := "1-3CV382"
	if set := conf.Get("contractId"); set != "" {
		contractId = set
	}

	redirects, err := edgeworkers.NewEdgeWorker(ctx, "redirects", &edgeworkers.EdgeWorkerArgs{
		GroupId: pulumi.Int(groupId),
		// 100 is Basic Compute: enough for code without subrequests.
		ResourceTierId: pulumi.Int(100),
		Description:    pulumi.String("Sends old links to new pages"),
	})
	if err != nil {
		return err
	}

	catalog, err := edgeworkers.NewEdgeWorker(ctx, "catalog", &edgeworkers.EdgeWorkerArgs{
		Name:    pulumi.String("shop-catalog"),
		GroupId: pulumi.Int(groupId),
		// Looked up at preview, which shows the id.
		ResourceTier: pulumi.String("Dynamic Compute"),
		ContractId:   pulumi.String(contractId),
		// Versions that somebody uploads by hand go with it when it is destroyed.
		DeleteVersions: pulumi.Bool(true),
	})
	if err != nil {
		return err
	}

	ctx.Export("redirects", redirects.EdgeWorkerId)
	ctx.Export("catalog", catalog.EdgeWorkerId)
	ctx.Export("catalogTier", catalog.ResourceTierId)
	return nil
}
