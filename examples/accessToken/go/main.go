// Two tokens with the least that their EdgeWorkers need: one only reads, the other fills the namespace.
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
	// An access group and an EdgeWorker of your account: pulumi config set groupId 12345
	conf := config.New(ctx, "")
	groupId := 72297
	if set, err := conf.TryInt("groupId"); err == nil {
		groupId = set
	}
	importer := "54321"
	if set := conf.Get("importerId"); set != "" {
		importer = set
	}

	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}
	redirects, err := edgekv.NewNamespace(ctx, "redirects", &edgekv.NamespaceArgs{
		Network:            pulumi.String("staging"),
		GroupId:            pulumi.Int(groupId),
		RetentionInSeconds: pulumi.Int(90 * 86_400),
	}, pulumi.DependsOn([]pulumi.Resource{database}))
	if err != nil {
		return err
	}

	reader, err := edgekv.NewAccessToken(ctx, "redirects-reader", &edgekv.AccessTokenArgs{
		AllowOnStaging:       pulumi.Bool(true),
		NamespacePermissions: permissions(redirects, "r"),
	})
	if err != nil {
		return err
	}

	writer, err := edgekv.NewAccessToken(ctx, "redirects-writer", &edgekv.AccessTokenArgs{
		AllowOnStaging:          pulumi.Bool(true),
		NamespacePermissions:    permissions(redirects, "r", "w", "d"),
		RestrictToEdgeWorkerIds: pulumi.Array{pulumi.String(importer)},
		// Another text here refreshes the token; its name and its reference stay.
		RefreshTriggers: pulumi.String("2026-11"),
	})
	if err != nil {
		return err
	}

	ctx.Export("reader", reader.Name)
	ctx.Export("writer", writer.Name)
	// What an EdgeWorker reads with. It is secret.
	ctx.Export("readerReference", reader.Reference)
	return nil
}

func permissions(namespace *edgekv.Namespace, letters ...string) pulumi.StringArrayMapOutput {
	return namespace.Name.ApplyT(func(name string) map[string][]string {
		return map[string][]string{name: letters}
	}).(pulumi.StringArrayMapOutput)
}
