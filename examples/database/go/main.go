// EdgeKV for the account: initialized when it is not yet, otherwise left as it is.
package main

import (
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/edgekv"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}

	ctx.Export("accountStatus", database.AccountStatus)
	ctx.Export("cpcode", database.Cpcode)
	ctx.Export("policy", database.Policy)
	return nil
}
