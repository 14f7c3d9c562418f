import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

/** Two tokens with the least that their EdgeWorkers need: one only reads, the other fills the namespace. */
export = async () => {
  const config = new pulumi.Config();
  // An access group and an EdgeWorker of your account: pulumi config set groupId 12345
  const groupId = config.getNumber("groupId") ?? 72297;
  const importer = config.get("importerId") ?? "54321";

  const database = new edgekv.Database("edgekv", {});
  const redirects = new edgekv.Namespace(
    "redirects",
    { network: "staging", groupId, retentionInSeconds: 90 * 86_400 },
    { dependsOn: database },
  );

  const reader = new edgekv.AccessToken("redirects-reader", {
    allowOnStaging: true,
    namespacePermissions: redirects.name.apply((name) => ({ [name]: ["r"] })),
  });

  const writer = new edgekv.AccessToken("redirects-writer", {
    allowOnStaging: true,
    namespacePermissions: redirects.name.apply((name) => ({
      [name]: ["r" as const, "w" as const, "d" as const],
    })),
    restrictToEdgeWorkerIds: [importer],
    // Another text here refreshes the token; its name and its reference stay.
    refreshTriggers: "2026-11",
  });

  return {
    reader: reader.name,
    writer: writer.name,
    // One file for each EdgeWorker: it has room for one token for a namespace. Both are secret.
    readerFile: edgekv.tokensFile([reader]),
    writerFile: edgekv.tokensFile([writer]),
  };
};
