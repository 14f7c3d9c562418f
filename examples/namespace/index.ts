import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

const day = 86_400;

/** One name on both networks: two namespaces, each with data of its own, and one access group. */
export = async () => {
  const config = new pulumi.Config();
  // An access group of your account: pulumi config set groupId 12345
  const groupId = config.getNumber("groupId") ?? 72297;

  const database = new edgekv.Database("edgekv", {});

  // Staging has the data of tests: short-lived, and deleted half a day after a destroy.
  const staging = new edgekv.Namespace(
    "prices-staging",
    {
      name: "prices",
      network: "staging",
      groupId,
      retentionInSeconds: 7 * day,
      deletion: { mode: "scheduled", afterSeconds: day / 2 },
    },
    { dependsOn: database },
  );

  // Production keeps its items for ever, in Europe, also after a destroy.
  const production = new edgekv.Namespace(
    "prices-production",
    {
      name: "prices",
      network: "production",
      groupId,
      retentionInSeconds: 0,
      geoLocation: "EU",
      deletion: { mode: "retain" },
    },
    { dependsOn: database },
  );

  return { staging: staging.id, production: production.id, policy: production.policy };
};
