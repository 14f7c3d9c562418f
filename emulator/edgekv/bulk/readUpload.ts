/** What the body of an upload holds: items to write, and records that fail. */
import { gunzipSync } from "node:zlib";
import type { RequestContext } from "../../service";
import { invalid, payloadTooLarge, unsupportedMediaType } from "../errors";
import { GROUP_NAME, ITEM_KEY } from "../validation";
import { type CsvRecord, CsvSyntaxError, parseCsv } from "./csv";
import type { UploadJob, UploadRecord } from "./uploadJob";

/** The highest number that `maxItems` may name. */
const MOST_ITEMS = 5_000_000;
const LONGEST_RETENTION_SECONDS = 315_360_000;

export const isTrue = (given: string | undefined): boolean => given?.toLowerCase() === "true";

/** The number of a query parameter `maxItems`, or `otherwise` when there is none. */
export function maxItemsOf({ query }: RequestContext, otherwise: number): number {
  const { maxItems } = query;
  if (maxItems === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(maxItems) || Number(maxItems) > MOST_ITEMS)
    throw invalid(`maxItems must be an integer from 1 to ${MOST_ITEMS}.`);
  return Number(maxItems);
}

export function readUpload(context: RequestContext): Pick<UploadJob, "records" | "errors"> {
  if (context.contentType !== "text/csv")
    throw unsupportedMediaType("The Content-Type of an upload must be text/csv.");
  const limit = maxItemsOf(context, MOST_ITEMS);
  const text = textOf(bytesOf(context));
  const records: UploadRecord[] = [];
  const errors: { failureRecord: string; message: string }[] = [];
  let count = 0;
  try {
    for (const record of parseCsv(text)) {
      count += 1;
      if (count > limit) throw invalid(`The upload has more than ${limit} items.`);
      const problem = problemOf(context, record) ?? injectedProblem(context);
      if (problem === undefined) records.push(toRecord(record));
      else errors.push({ failureRecord: record.text, message: problem });
    }
  } catch (error) {
    if (error instanceof CsvSyntaxError) throw invalid(error.message);
    throw error;
  }
  if (count === 0) throw invalid("The upload has no items.");
  return { records, errors };
}

function bytesOf({ account, body, headers }: RequestContext): Buffer {
  const limit = account.settings.uploadBytes;
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity")
    throw unsupportedMediaType("The Content-Encoding of an upload must be gzip, if there is one.");
  const tooLarge = payloadTooLarge(`An upload cannot exceed ${limit} bytes.`);
  if (body.length > limit) throw tooLarge;
  if (encoding === "identity") return body;
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge;
    throw invalid("The body is not gzip.");
  }
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("The body is not UTF-8.");
  }
}

const wrongName = (what: "Key" | "Group") =>
  `${what} must only use a string that matches A-Z a-z 0-9 _ or -..`;

/** Why a record fails. The others are written nevertheless. */
function problemOf({ account }: RequestContext, { fields }: CsvRecord): string | undefined {
  const [group = "", key = "", value = "", retention] = fields;
  if (fields.length < 3 || fields.length > 4) return "A record must have 3 or 4 columns.";
  if (!GROUP_NAME.test(group)) return wrongName("Group");
  if (!ITEM_KEY.test(key)) return wrongName("Key");
  const limit = account.settings.itemValueCharacters;
  if (value.length > limit) return `Value cannot exceed ${limit} characters.`;
  if (retention === undefined || retention === "") return undefined;
  const isValid = /^\d+$/.test(retention) && Number(retention) <= LONGEST_RETENTION_SECONDS;
  return isValid ? undefined : "The retention must be a number of seconds.";
}

function injectedProblem({ account: { settings } }: RequestContext): string | undefined {
  if (settings.failUploadItems === 0) return undefined;
  settings.failUploadItems -= 1;
  return "The item could not be written. Please try again.";
}

function toRecord({ fields }: CsvRecord): UploadRecord {
  const [group = "", key = "", value = "", retention = ""] = fields;
  return { group, key, value, ...(retention !== "" && { retentionInSeconds: Number(retention) }) };
}
