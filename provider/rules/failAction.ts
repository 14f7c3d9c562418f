/** What happens to a request whose EdgeWorker failed: the behavior `failAction` of Property Manager, typed. */
import * as z from "../framework/zod";
import { filled, flag, text } from "./fields";

const common = {
  /** The status code of the response, a whole number. Default: that of Property Manager. */
  statusCode: z.int("must be a whole number").optional(),
  /** Whether an edge server may override the action of its parent. Default: that of Property Manager. */
  allowFCMParentOverride: flag.optional(),
};

const schema = z.discriminatedUnion(
  "actionType",
  [
    z.strictObject({
      /** What happens: the stale response is served. */
      actionType: z.literal("SERVE_STALE"),
      ...common,
    }),
    z.strictObject({
      /** What happens: a redirect. */
      actionType: z.literal("REDIRECT"),
      /** The hostname of the redirect: `ORIGINAL` (default), or `ALTERNATE`, which is `redirectHostname`. */
      redirectHostnameType: z
        .enum(["ORIGINAL", "ALTERNATE"], "must be `ORIGINAL` or `ALTERNATE`")
        .default("ORIGINAL"),
      /** The hostname to redirect to. Required with `ALTERNATE`. */
      redirectHostname: filled.optional(),
      /** Whether to redirect to `redirectPath`. Default: false, the path of the request. */
      redirectCustomPath: flag.optional(),
      /** The path to redirect to. Required with `redirectCustomPath`. */
      redirectPath: filled.optional(),
      /** The status code of the redirect: 301 or 302 (default). */
      redirectMethod: z.union([z.literal(301), z.literal(302)], "must be 301 or 302").default(302),
      /** Whether the query string is kept. Default: that of Property Manager. */
      preserveQueryString: flag.optional(),
      /** Whether to redirect to `protocol`. Default: false, the protocol of the request. */
      modifyProtocol: flag.optional(),
      /** `HTTP` or `HTTPS`. Required with `modifyProtocol`. */
      protocol: z.enum(["HTTP", "HTTPS"], "must be `HTTP` or `HTTPS`").optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: content of another hostname is served. */
      actionType: z.literal("RECREATED_CO"),
      /** The hostname that the content comes from. */
      contentHostname: filled,
      /** Whether the content comes from `contentPath`. Default: false, the path of the request. */
      contentCustomPath: flag.optional(),
      /** The path of the content. Required with `contentCustomPath`. */
      contentPath: filled.optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: content of NetStorage is served. */
      actionType: z.literal("RECREATED_NS"),
      /** The NetStorage domain, as an object in the format of Property Manager. */
      netStorageHostname: z.record(z.string(), z.unknown(), "must be an object"),
      /** The path of the content in NetStorage. */
      netStoragePath: filled,
      /** The CP code of the content, such as `{ id: 12345 }`. */
      cpCode: z.looseObject({ id: z.int("must be a whole number") }),
      ...common,
    }),
    z.strictObject({
      /** What happens: external content is served. */
      actionType: z.literal("RECREATED_CEX"),
      /** The hostname of the external content. */
      cexHostname: filled,
      /** Whether the content comes from `cexPath`. Default: false, the path of the request. */
      cexCustomPath: flag.optional(),
      /** The path of the external content. Required with `cexCustomPath`. */
      cexPath: filled.optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: the request continues elsewhere. */
      actionType: z.literal("DYNAMIC"),
      /** How the request continues: `SERVE_301`, `SERVE_302` or `SERVE_ALTERNATE`. */
      dynamicMethod: z.enum(
        ["SERVE_301", "SERVE_302", "SERVE_ALTERNATE"],
        "must be `SERVE_301`, `SERVE_302` or `SERVE_ALTERNATE`",
      ),
      /** Whether the request continues at `dynamicPath`. Default: false, the path of the request. */
      dynamicCustomPath: flag.optional(),
      /** The path to continue at. */
      dynamicPath: filled.optional(),
      /** What the name of the customer comes from: `HOSTNAME`, `PATH`, `QUERY_STRING` or `COOKIE`. */
      saasType: z.enum(
        ["HOSTNAME", "PATH", "QUERY_STRING", "COOKIE"],
        "must be `HOSTNAME`, `PATH`, `QUERY_STRING` or `COOKIE`",
      ),
      /** Whether the name comes from a chain of CNAMEs. Default: that of Property Manager. */
      saasCnameEnabled: flag.optional(),
      /** The level in the chain of CNAMEs, a whole number. Default: that of Property Manager. */
      saasCnameLevel: z.int("must be a whole number").optional(),
      /** The name of the cookie. Required with `COOKIE`. */
      saasCookie: filled.optional(),
      /** The name of the parameter. Required with `QUERY_STRING`. */
      saasQueryString: filled.optional(),
      /** The pattern that finds the name. Default: that of Property Manager. */
      saasRegex: text.optional(),
      /** What replaces the match of `saasRegex`. Default: that of Property Manager. */
      saasReplace: text.optional(),
      /** What is added to the name. Default: none. */
      saasSuffix: text.optional(),
      ...common,
    }),
  ],
  "must have an `actionType`: SERVE_STALE, REDIRECT, RECREATED_CO, RECREATED_CEX, RECREATED_NS or DYNAMIC",
);
type Schema = typeof schema;

/** Named, so that the declarations of other files refer to it: the compiler leaves comments out of types that it copies. */
export interface FailActionSchema extends Schema {}

/** The options of the behavior `failAction`, by their `actionType`. */
export const failAction: FailActionSchema = schema;
export type FailAction = z.output<typeof failAction>;
