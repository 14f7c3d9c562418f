import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "pulumi-akamai-edge";

/** EdgeKV for a shop: the database, a namespace on each network, and a token with which the shop's EdgeWorker reads its catalog. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 0;
  const retentionInDays = config.getNumber("retentionInDays") ?? 30;
  const permissions = config.getObject<("r" | "w" | "d")[]>("permissions") ?? ["r"];

  const database = new edgekv.Database("edgekv", {});

  const [staging, production] = (["staging", "production"] as const).map(
    (network) =>
      new edgekv.Namespace(
        `catalog-${network}`,
        { name: "catalog", network, groupId, retentionInSeconds: retentionInDays * 86_400 },
        { dependsOn: database },
      ),
  ) as [edgekv.Namespace, edgekv.Namespace];

  const reader = new edgekv.AccessToken(
    "catalog-reader",
    {
      allowOnStaging: true,
      allowOnProduction: true,
      namespacePermissions: staging.name.apply((name) => ({ [name]: permissions })),
    },
    { dependsOn: [production] },
  );

  return {
    cpcode: database.cpcode,
    token: reader.name,
    // The text of edgekv_tokens.js in the EdgeWorker's bundle. It is secret.
    tokensFile: edgekv.tokensFile([reader]),
  };
};
