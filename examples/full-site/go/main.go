// A site that greets visitors in the language of their country: words in EdgeKV, code in an EdgeWorker, and a rule for /hello in a property that other people
// edit. Everything goes live on staging first, then on production; each network has words, a token and a version of its own.
//
// To take it down: `pulumi config set akamai-edge:takeDown true`, `pulumi up` takes the rule off both networks, and `pulumi destroy` removes the rest.
package main

import (
	"errors"

	"github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge/edgekv"
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
	permissions := []string{"r"}
	if err := conf.TryObject("permissions", &permissions); err != nil && !errors.Is(err, config.ErrMissingVar) {
		return err
	}

	database, err := edgekv.NewDatabase(ctx, "edgekv", nil)
	if err != nil {
		return err
	}
	greeter, err := edgeworkers.NewEdgeWorker(ctx, "greeter", &edgeworkers.EdgeWorkerArgs{
		GroupId:        pulumi.Int(groupId),
		ResourceTierId: pulumi.Int(200),
		Description:    pulumi.String("Greets visitors"),
	})
	if err != nil {
		return err
	}

	// The live version of production is the base, so no draft of others goes live with this.
	rules, err := property.NewEdgeWorkerRules(ctx, "greeter", &property.EdgeWorkerRulesArgs{
		PropertyName: pulumi.String(propertyName),
		BaseVersion:  pulumi.String("production"),
		Note:         pulumi.String("Greeter for /hello"),
		Rules: property.EdgeWorkerRulesRulesArray{
			property.EdgeWorkerRulesRulesArgs{
				Name:     pulumi.String("Greeter"),
				Parent:   pulumi.ToStringArray([]string{"Sites", "Shop"}),
				Position: property.EdgeWorkerRulesRulesPositionArgs{Before: pulumi.String("Checkout")},
				Comments: pulumi.String("Says hello in the language of the visitor"),
				Paths:    pulumi.ToStringArray([]string{"/hello", "/hello/*"}),
				EdgeWorker: property.EdgeWorkerRulesRulesEdgeWorkerArgs{
					EdgeWorkerId: greeter.EdgeWorkerId,
				},
				Failover: property.EdgeWorkerRulesRulesFailoverArgs{
					FailAction: property.EdgeWorkerRulesRulesFailoverFailActionArgs{
						ActionType:         pulumi.String("REDIRECT"),
						RedirectCustomPath: pulumi.Bool(true),
						RedirectPath:       pulumi.String("/hello.html"),
					},
				},
			},
		},
	})
	if err != nil {
		return err
	}

	// Production waits until staging is done.
	live := []pulumi.Resource{database}
	for _, network := range []string{"staging", "production"} {
		greetings, err := edgekv.NewNamespace(ctx, "greetings-"+network, &edgekv.NamespaceArgs{
			Name:               pulumi.String("greetings"),
			Network:            pulumi.String(network),
			GroupId:            pulumi.Int(groupId),
			RetentionInSeconds: pulumi.Int(0),
		}, pulumi.DependsOn([]pulumi.Resource{database}))
		if err != nil {
			return err
		}
		items := []pulumi.Resource{}
		for country, word := range map[string]string{"US": "Hello", "DE": "Guten Tag", "JP": "こんにちは"} {
			item, err := edgekv.NewItem(ctx, network+"-"+country, &edgekv.ItemArgs{
				Network:   pulumi.String(network),
				Namespace: greetings.Name,
				Group:     pulumi.String("countries"),
				Key:       pulumi.String(country),
				Value:     pulumi.String(word),
			})
			if err != nil {
				return err
			}
			items = append(items, item)
		}

		reader, err := edgekv.NewAccessToken(ctx, "greeter-"+network, &edgekv.AccessTokenArgs{
			AllowOnStaging:    pulumi.Bool(network == "staging"),
			AllowOnProduction: pulumi.Bool(network == "production"),
			NamespacePermissions: greetings.Name.ApplyT(func(name string) map[string][]string {
				return map[string][]string{name: permissions}
			}).(pulumi.StringArrayMapOutput),
			RestrictToEdgeWorkerIds: pulumi.Array{greeter.EdgeWorkerId},
		})
		if err != nil {
			return err
		}
		// The code is created after the words that it reads, and deleted before them.
		code, err := edgeworkers.NewVersion(ctx, "greeter-"+network, &edgeworkers.VersionArgs{
			EdgeWorkerId: greeter.EdgeWorkerId,
			Bundle:       pulumi.String("../worker"),
			Version:      pulumi.String("auto"),
			Tokens:       pulumi.StringArray{reader.Name},
		}, pulumi.DependsOn(items))
		if err != nil {
			return err
		}

		// The code first, and then the requests to it.
		deployed, err := edgeworkers.NewActivation(ctx, "greeter-"+network, &edgeworkers.ActivationArgs{
			EdgeWorkerId: greeter.EdgeWorkerId,
			Network:      pulumi.String(network),
			Version:      code.Version,
		}, pulumi.DependsOn(live))
		if err != nil {
			return err
		}
		site, err := property.NewActivation(ctx, "site-"+network, &property.ActivationArgs{
			PropertyId:   rules.PropertyId,
			Version:      rules.Version,
			Network:      pulumi.String(network),
			NotifyEmails: pulumi.ToStringArray([]string{"web-team@example.com"}),
			Note:         pulumi.String("Greeter for /hello"),
		}, pulumi.DependsOn([]pulumi.Resource{deployed}))
		if err != nil {
			return err
		}
		live = append(live, site)
	}

	ctx.Export("edgeWorkerId", greeter.EdgeWorkerId)
	ctx.Export("propertyVersion", rules.Version)
	return nil
}
