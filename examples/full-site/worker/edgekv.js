import { httpRequest } from "http-request";
import { edgekv_access_tokens } from "./edgekv_tokens.js";

const host = "https://edgekv.akamai-edge-svcs.net";
const timeout = 1000;

/** One group of a namespace, to read from. Akamai's own helper, which can do more, is in the repository akamai/edgeworkers-examples. */
export class EdgeKV {
  constructor(namespace, group) {
    this.namespace = namespace;
    this.group = group;
  }

  /** The text of an item, or `fallback` when there is none. */
  async text(item, fallback) {
    const url = `${host}/api/v1/namespaces/${this.namespace}/groups/${this.group}/items/${item}`;
    const response = await httpRequest(url, { headers: this.#token(), timeout });
    if (response.status === 404) return fallback;
    if (!response.ok) throw new Error(`EdgeKV answered ${response.status} for ${this.namespace}/${this.group}/${item}`);
    return response.text();
  }

  #token() {
    const token = edgekv_access_tokens[`namespace-${this.namespace}`];
    if (token === undefined) throw new Error(`edgekv_tokens.js has no access token for the namespace ${this.namespace}`);
    return token.value === undefined ? { "X-Akamai-EdgeDB-Auth-Ref": [token.reference] } : { "X-Akamai-EdgeDB-Auth": [token.value] };
  }
}
