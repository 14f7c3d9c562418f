/** What has to hold on one network before an activation is requested on another. */
import * as z from "../../framework/zod";

const aUrl = "must be a URL that begins with https:// or http://";
const texts = (message: string) => z.record(z.string(), z.string(message), message);

const afterObject = z.strictObject({
  /**
   * The activation that comes before this one: the `Activation` of an EdgeWorker or of a property, or its id, such as `54321/staging`.
   * The probe goes to its network. Default: none, and the probe goes to staging.
   */
  activation: z
    .string("must be an activation, or its id")
    .regex(
      /^[^/\s]+\/(?:staging|production)(?:\/[^/\s]+)?$/,
      "must be an activation, or its id, such as `54321/staging`",
    )
    .optional(),
  /** The request that must succeed. A request for each attempt goes to the edge, none at preview. */
  probe: z.strictObject({
    /** The URL, as visitors have it. An IP address or `localhost` is connected to as it is. */
    url: z.url({ protocol: /^https?$/, error: aUrl }),
    /** The method: `GET` (default), `HEAD`, `OPTIONS` or `POST`. */
    method: z.enum(["GET", "HEAD", "OPTIONS", "POST"], "must be GET, HEAD, OPTIONS or POST").optional(),
    /** Headers to send, by name. Default: none but `Host`, and those that ask for the EdgeWorker's version. */
    headers: texts("must be a text").optional(),
    /** What the response must be. */
    expect: z.strictObject({
      /** The status, 100 to 599. */
      status: z
        .int("must be a whole number")
        .min(100, "must be at least 100")
        .max(599, "must be at most 599"),
      /** Headers that the response must have, by name, with their whole values. Default: any. */
      header: texts("must be a text").optional(),
      /** A text that the body must have in it. Of the body, 1 MB is read. Default: any body. */
      body: z.string("must be text").optional(),
    }),
    /** How many times in a row it must succeed, 1 to 100. Default: 3. */
    times: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(100, "must be at most 100")
      .optional(),
    /** Seconds for all attempts, 1 to 3600. Then the run fails, and the network is not asked. Default: 300. */
    within: z
      .int("must be a whole number of seconds")
      .min(1, "must be at least 1")
      .max(3600, "must be at most 3600 (an hour)")
      .optional(),
    /**
     * The host, or `host:port`, to connect to in place of the edge host: for a local edge, or where DNS does not show the edge host.
     * Host header and SNI stay those of `url`. Default: the edge host of the network, found by the CNAME of the hostname.
     */
    connectTo: z
      .string("must be a host, or host:port")
      .regex(/^(?:\[[0-9a-f:]+\]|[\w.-]+)(?::\d{1,5})?$/i, "must be a host, or host:port")
      .optional(),
  }),
});
type Schema = typeof afterObject;

/** Named, so that the declarations of other files refer to it: the compiler leaves comments out of types that it copies. */
export interface AfterSchema extends Schema {}

export const after: AfterSchema = afterObject;
export type After = z.output<typeof after>;
