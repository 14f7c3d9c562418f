import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers } from "pulumi-akamai-edge";

/** The folder of the worker's code. */
const worker = join(__dirname, "worker");

/** An EdgeWorker that greets visitors in the language of their country, with words from EdgeKV; live on staging. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72_297;
  const permissions = config.getObject<("r" | "w" | "d")[]>("permissions") ?? ["r"];

  const database = new edgekv.Database("edgekv", {});
  const greetings = new edgekv.Namespace(
    "greetings",
    { network: "staging", groupId, retentionInSeconds: 0 },
    { dependsOn: database },
  );
  const items = Object.entries({ US: "Hello", DE: "Guten Tag", JP: "こんにちは" }).map(
    ([country, word]) =>
      new edgekv.Item(`greeting-${country}`, {
        network: "staging",
        namespace: greetings.name,
        group: "countries",
        key: country,
        value: word,
      }),
  );

  const greeter = new edgeworkers.EdgeWorker("geo-greeting", {
    groupId,
    resourceTierId: 200,
    description: "Greets visitors",
  });

  const reader = new edgekv.AccessToken("geo-greeting", {
    allowOnStaging: true,
    namespacePermissions: greetings.name.apply((name) => ({ [name]: permissions })),
    restrictToEdgeWorkerIds: [greeter.edgeWorkerId],
    // Set it to another value when the token leaked: the code then gets another one.
    replaceTriggers: config.get("tokenTriggers"),
  });

  // The code is created after the words that it reads, and deleted before them.
  const code = new edgeworkers.Version(
    "geo-greeting",
    {
      edgeWorkerId: greeter.edgeWorkerId,
      bundle: worker,
      version: "auto",
      tokens: [reader],
      keepVersions: 1,
    },
    { dependsOn: items },
  );

  const live = new edgeworkers.Activation("geo-greeting", {
    edgeWorkerId: greeter.edgeWorkerId,
    network: "staging",
    version: code.version,
  });

  return { edgeWorkerId: greeter.edgeWorkerId, version: live.version, token: reader.name };
};
