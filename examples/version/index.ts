import * as pulumi from "@pulumi/pulumi";
import { edgeworkers } from "pulumi-akamai-edge";

/** Redirects moved pages. Requests for all other pages reach the origin. */
const main = `import { places } from "./places.js";

export function onClientRequest(request) {
  const place = places[request.path];
  if (place !== undefined) request.respondWith(301, { location: [place] }, "");
}
`;

/** A version whose files the program writes, one of them from its configuration. */
export = async () => {
  const config = new pulumi.Config();
  const groupId = config.getNumber("groupId") ?? 72297;
  const places = config.getObject<Record<string, string>>("places") ?? {
    "/about-us": "/company",
    "/jobs": "/careers",
  };

  const redirects = new edgeworkers.EdgeWorker("redirects", { groupId, resourceTierId: 100 });

  const code = new edgeworkers.Version("redirects", {
    edgeWorkerId: redirects.edgeWorkerId,
    bundle: {
      "main.js": main,
      "places.js": `export const places = ${JSON.stringify(places, null, 2)};\n`,
      "bundle.json": JSON.stringify({
        "edgeworker-version": "1.0",
        description: "Sends old links to new pages",
      }),
    },
    // 1.0 and a hash of the content: other places are another version, and preview names places.js.
    version: "auto",
    // The two before it stay, to go back to.
    keepVersions: 2,
  });

  return { version: code.version, checksum: code.checksum };
};
