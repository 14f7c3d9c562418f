import * as pulumi from "@pulumi/pulumi";
import { edgeworkers } from "pulumi-akamai-edge";

/** Two EdgeWorkers: one with its resource tier by id, one with its tier by name. */
export = async () => {
  const config = new pulumi.Config();
  // An access group and a contract of your account: pulumi config set groupId 12345
  const groupId = config.getNumber("groupId") ?? 72297;
  const contractId = config.get("contractId") ?? "1-3CV382";

  // 100 is Basic Compute: enough for code without subrequests.
  const redirects = new edgeworkers.EdgeWorker("redirects", {
    groupId,
    resourceTierId: 100,
    description: "Sends old links to new pages",
  });

  const catalog = new edgeworkers.EdgeWorker("catalog", {
    name: "shop-catalog",
    groupId,
    // Looked up at preview, which shows the id.
    resourceTier: "Dynamic Compute",
    contractId,
    // Versions that somebody uploads by hand go with it when it is destroyed.
    deleteVersions: true,
  });

  return {
    redirects: redirects.edgeWorkerId,
    catalog: catalog.edgeWorkerId,
    catalogTier: catalog.resourceTierId,
  };
};
