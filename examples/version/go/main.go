// A version of an EdgeWorker that redirects moved pages, from a folder of files.
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

	redirects, err := edgeworkers.NewEdgeWorker(ctx, "redirects", &edgeworkers.EdgeWorkerArgs{
		GroupId:        pulumi.Int(groupId),
		ResourceTierId: pulumi.Int(100),
	})
	if err != nil {
		return err
	}

	code, err := edgeworkers.NewVersion(ctx, "redirects", &edgeworkers.VersionArgs{
		EdgeWorkerId: redirects.EdgeWorkerId,
		// The folder with main.js, places.js and bundle.json.
		Bundle: pulumi.String("../worker"),
		// 1.0 and a hash of the content: other files are another version, and the preview names them.
		Version: pulumi.String("auto"),
		// The two before it stay, to go back to.
		KeepVersions: pulumi.Int(2),
	})
	if err != nil {
		return err
	}

	ctx.Export("version", code.Version)
	ctx.Export("checksum", code.Checksum)
	return nil
}
