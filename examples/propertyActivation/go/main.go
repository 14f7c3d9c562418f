// Activates a version of a property on production. `up` does nothing when that version is live there already.
package main

import (
	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	conf := config.New(ctx, "")
	// A property of your account and one of its versions: pulumi config set propertyId prp_12345
	propertyId, version := "prp_173136", 3
	if set := conf.Get("propertyId"); set != "" {
		propertyId = set
	}
	if set, err := conf.TryInt("version"); err == nil {
		version = set
	}

	production, err := property.NewActivation(ctx, "production", &property.ActivationArgs{
		PropertyId:   pulumi.String(propertyId),
		Network:      pulumi.String("production"),
		Version:      pulumi.Int(version),
		Note:         pulumi.String("Promoted by Pulumi"),
		NotifyEmails: pulumi.ToStringArray([]string{"web-team@example.com"}),
		// The site stays up when this is destroyed. It is the default; taking it off the network would be `deactivate`.
		Deletion: property.ActivationDeletionArgs{Mode: pulumi.String("retain")},
	})
	if err != nil {
		return err
	}

	ctx.Export("version", production.Version)
	ctx.Export("previousVersion", production.PreviousVersion)
	ctx.Export("status", production.Status)
	return nil
}
