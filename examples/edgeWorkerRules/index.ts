import * as pulumi from "@pulumi/pulumi";
import { edgeworkers, property } from "pulumi-akamai-edge";

/** Requests for /hello go to an EdgeWorker, and to a page of the origin when it fails. All other rules of the property are other people's. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;
  const propertyName = config.get("propertyName") ?? "www.example.com";

  const greeter = new edgeworkers.EdgeWorker("greeter", { groupId, resourceTierId: 100 });

  const rules = new property.EdgeWorkerRules("greeter", {
    propertyName,
    baseVersion: "latest",
    note: "Greeter for /hello",
    rules: [
      {
        name: "Greeter",
        parent: ["Sites", "Shop"],
        position: { before: "Checkout" },
        comments: "Says hello in the language of the visitor",
        paths: ["/hello", "/hello/*"],
        edgeWorker: { edgeWorkerId: greeter.edgeWorkerId },
        failover: {
          responseCodes: [500, 503, 504],
          failAction: {
            actionType: "REDIRECT",
            redirectCustomPath: true,
            redirectPath: "/hello.html",
            redirectMethod: 302,
          },
        },
      },
      {
        name: "Greetings are not cached",
        parent: ["Sites", "Shop"],
        papi: {
          criteria: [
            { name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/hello", "/hello/*"] } },
          ],
          behaviors: [{ name: "caching", options: { behavior: "NO_STORE" } }],
        },
      },
    ],
  });

  return { version: rules.version, ruleFormat: rules.ruleFormat, warnings: rules.warnings };
};
