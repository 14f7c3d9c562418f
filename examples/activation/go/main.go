// One version, live on staging, and on production too with `pulumi config set production true`.
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
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}

	teapot, err := edgeworkers.NewEdgeWorker(ctx, "teapot", &edgeworkers.EdgeWorkerArgs{
		GroupId:        pulumi.Int(groupId),
		ResourceTierId: pulumi.Int(100),
	})
	if err != nil {
		return err
	}

	code, err := edgeworkers.NewVersion(ctx, "teapot", &edgeworkers.VersionArgs{
		EdgeWorkerId: teapot.EdgeWorkerId,
		// The folder with main.js and bundle.json.
		Bundle:       pulumi.String("../worker"),
		Version:      pulumi.String("auto"),
		KeepVersions: pulumi.Int(1),
	})
	if err != nil {
		return err
	}

	staging, err := edgeworkers.NewActivation(ctx, "teapot-staging", &edgeworkers.ActivationArgs{
		EdgeWorkerId: teapot.EdgeWorkerId,
		Network:      pulumi.String("staging"),
		Version:      code.Version,
		Note:         pulumi.String("by Pulumi"),
	})
	if err != nil {
		return err
	}

	if conf.GetBool("production") {
		_, err := edgeworkers.NewActivation(ctx, "teapot-production", &edgeworkers.ActivationArgs{
			EdgeWorkerId: teapot.EdgeWorkerId,
			Network:      pulumi.String("production"),
			Version:      code.Version,
			// First where no visitor is.
		}, pulumi.DependsOn([]pulumi.Resource{staging}))
		if err != nil {
			return err
		}
	}

	ctx.Export("version", staging.Version)
	ctx.Export("activationId", staging.ActivationId)
	ctx.Export("status", staging.Status)
	return nil
}
