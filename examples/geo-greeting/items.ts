import { readFileSync } from "node:fs";
import { request } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import EdgeGrid from "akamai-edgegrid";

/** Writes items through the API of EdgeKV, at `up` only: a stopgap until items are resources. It takes its credentials from a file. */
export async function writeItems(place: string, items: Readonly<Record<string, string>>): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const config = new pulumi.Config("akamai-edge");
  const edgerc = config.get("edgerc") ?? process.env.AKAMAI_EDGERC ?? join(homedir(), ".edgerc");
  const section = config.get("section") ?? process.env.AKAMAI_EDGERC_SECTION ?? "default";
  const ca = config.get("caFile") ?? process.env.AKAMAI_CA_FILE;
  for (const [key, value] of Object.entries(items)) {
    const signed = new EdgeGrid({ path: edgerc, section }).auth({
      path: `/edgekv/v1/${place}/items/${key}`,
      method: "PUT",
      headers: { "Content-Type": "text/plain" },
      body: value,
    });
    const { url, headers } = signed.request;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { method: "PUT", headers, ...(ca === undefined ? {} : { ca: readFileSync(ca) }) };
      request(url, options, (response) => resolve(response.resume().statusCode))
        .once("error", reject)
        .end(value);
    });
    if (status !== 200) throw new Error(`writing the item ${place}/${key} was answered with ${status}`);
  }
}
