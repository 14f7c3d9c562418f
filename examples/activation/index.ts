import * as pulumi from "@pulumi/pulumi";
import { edgeworkers } from "pulumi-akamai-edge";

/** One version, live on staging, and on production too with `pulumi config set production true`. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;

  const teapot = new edgeworkers.EdgeWorker("teapot", { groupId, resourceTierId: 100 });

  const code = new edgeworkers.Version("teapot", {
    edgeWorkerId: teapot.edgeWorkerId,
    bundle: {
      "main.js":
        'export function onClientRequest(request) {\n  request.respondWith(418, {}, "I am a teapot");\n}\n',
      "bundle.json": '{ "edgeworker-version": "1.0" }',
    },
    version: "auto",
    keepVersions: 1,
  });

  const staging = new edgeworkers.Activation("teapot-staging", {
    edgeWorkerId: teapot.edgeWorkerId,
    network: "staging",
    version: code.version,
    note: "by Pulumi",
  });

  if (config.getBoolean("production")) {
    new edgeworkers.Activation(
      "teapot-production",
      { edgeWorkerId: teapot.edgeWorkerId, network: "production", version: code.version },
      // First where no visitor is.
      { dependsOn: staging },
    );
  }

  return { version: staging.version, activationId: staging.activationId, status: staging.status };
};
