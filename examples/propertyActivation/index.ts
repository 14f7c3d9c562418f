import * as pulumi from "@pulumi/pulumi";
import { property } from "pulumi-akamai-edge";

/** Activates on production what is live on staging. `up` does nothing when that version is live there already. */
export = async () => {
  const config = new pulumi.Config();
  const propertyName = config.get("propertyName") ?? "www.example.com";
  const notifyEmails = config.getObject<string[]>("notifyEmails") ?? ["web-team@example.com"];

  const { propertyId, stagingVersion } = await property.getProperty({ propertyName });
  if (stagingVersion === undefined)
    throw new Error(`property ${propertyName} has no version on staging: activate it there first`);

  const production = new property.Activation("production", {
    propertyId,
    network: "production",
    version: stagingVersion,
    note: "Promoted from staging by Pulumi",
    notifyEmails,
    // The site stays up when this is destroyed. It is the default; taking it off the network would be `deactivate`.
    deletion: { mode: "retain" },
  });

  return {
    version: production.version,
    previousVersion: production.previousVersion,
    status: production.status,
  };
};
