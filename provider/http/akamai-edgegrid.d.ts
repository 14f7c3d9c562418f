/** The part of akamai-edgegrid that signs. It never sends: only `auth` is called. */
declare module "akamai-edgegrid" {
  export default class EdgeGrid {
    constructor(clientToken: string, clientSecret: string, accessToken: string, host: string);
    /** Credentials from a section of an `.edgerc`. */
    constructor(file: { path: string; section: string });
    enableLogging(on: boolean): this;
    auth(request: {
      method: string;
      path: string;
      headers: Record<string, string>;
      body: string | Uint8Array;
    }): {
      request: { url: string; headers: Record<string, string> & { Authorization: string } };
    };
  }
}
