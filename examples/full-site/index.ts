import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers, property } from "pulumi-akamai-edge";

/** The folder of the worker's code. */
const worker = join(__dirname, "worker");

/**
 * A site that greets visitors in the language of their country: words in EdgeKV, code in an EdgeWorker, and a rule for /hello in a property that other people
 * edit. Everything goes live on staging first, then on production; each network has words, a token and a version of its own.
 *
 * To take it down: `pulumi config set akamai-edge:takeDown true`, `pulumi up` takes the rule off both networks, and `pulumi destroy` removes the rest.
 * `pulumi config set greeter off` takes the rule off and leaves the rest in place.
 */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;
  const propertyName = config.get("propertyName") ?? "www.example.com";
  const notifyEmails = [config.get("notifyEmail") ?? "web-team@example.com"];
  const words = config.getObject<Record<string, string>>("words") ?? {
    US: "Hello",
    DE: "Guten Tag",
    JP: "こんにちは",
  };
  const permissions = config.getObject<("r" | "w" | "d")[]>("permissions") ?? ["r"];
  const isOn = config.get("greeter") !== "off";

  const database = new edgekv.Database("edgekv", {});
  const greeter = new edgeworkers.EdgeWorker("greeter", {
    groupId,
    resourceTierId: 200,
    description: "Greets visitors",
  });

  // The live version of production is the base, so no draft of others goes live with this.
  const rules = new property.EdgeWorkerRules("greeter", {
    propertyName,
    baseVersion: "production",
    note: "Greeter for /hello",
    rules: isOn
      ? [
          {
            name: "Greeter",
            parent: ["Sites", "Shop"],
            position: { before: "Checkout" },
            comments: "Says hello in the language of the visitor",
            paths: ["/hello", "/hello/*"],
            edgeWorker: { edgeWorkerId: greeter.edgeWorkerId },
            failover: {
              failAction: { actionType: "REDIRECT", redirectCustomPath: true, redirectPath: "/hello.html" },
            },
          },
        ]
      : [],
  });

  const live: pulumi.Resource[] = [];
  for (const network of ["staging", "production"] as const) {
    // Production waits until staging is done.
    const dependsOn = [database, ...live];

    const greetings = new edgekv.Namespace(
      `greetings-${network}`,
      { name: "greetings", network, groupId, retentionInSeconds: 0 },
      { dependsOn: database },
    );
    const items = Object.entries(words).map(
      ([country, word]) =>
        new edgekv.Item(`${network}-${country}`, {
          network,
          namespace: greetings.name,
          group: "countries",
          key: country,
          value: word,
        }),
    );

    const reader = new edgekv.AccessToken(`greeter-${network}`, {
      allowOnStaging: network === "staging",
      allowOnProduction: network === "production",
      namespacePermissions: greetings.name.apply((name) => ({ [name]: permissions })),
      restrictToEdgeWorkerIds: [greeter.edgeWorkerId],
    });
    // The code is created after the words that it reads, and deleted before them.
    const code = new edgeworkers.Version(
      `greeter-${network}`,
      { edgeWorkerId: greeter.edgeWorkerId, bundle: worker, version: "auto", tokens: [reader] },
      { dependsOn: items },
    );

    // The code first, and then the requests to it. Once the rule is gone, nothing needs the code any more.
    const deployed = new edgeworkers.Activation(
      `greeter-${network}`,
      {
        edgeWorkerId: greeter.edgeWorkerId,
        network,
        version: code.version,
        // Without it, what `akamai-edge:takeDown` sets.
        ...(isOn ? {} : { deletion: { mode: "deactivate" as const } }),
      },
      { dependsOn },
    );
    live.push(
      new property.Activation(
        `site-${network}`,
        {
          propertyId: rules.propertyId,
          version: rules.version,
          network,
          notifyEmails,
          note: "Greeter for /hello",
        },
        { dependsOn: deployed },
      ),
    );
  }

  return { edgeWorkerId: greeter.edgeWorkerId, propertyVersion: rules.version };
};
