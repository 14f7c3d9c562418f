/** What was sent and is secret. An answer that repeats it must not reach a message. */
import { type Redact, redactor } from "../errors";
import { hidden, secretsInBody } from "../errors/redact";
import type { ApiRequest } from "../runtime/httpClient";
import type { Credentials } from "./signer";

export interface SentSecrets {
  /** An `authorization` header was made. */
  noteAuthorization(header: string): void;
  /** Hides the credentials, recent signatures, and what the request sends as it is, such as the value of an item. */
  redactorFor(request: ApiRequest): Redact;
}

/** Signatures that an answer may repeat: those of the requests in flight. */
const maxSignatures = 200;

export function createSentSecrets(
  credentials: Credentials,
  accountSwitchKey: string | undefined,
): SentSecrets {
  const redactRun = redactor(secretsOfRun(credentials, accountSwitchKey));
  const signatures: string[][] = [];
  return {
    noteAuthorization(header) {
      const fields = [...header.matchAll(/\b(?:signature|nonce)=([^;]+)/g)].map(([, value = ""]) => value);
      signatures.push(fields.flatMap((value) => [value, encodeURIComponent(value)]));
      if (signatures.length > maxSignatures) signatures.shift();
    },
    redactorFor({ raw }) {
      let redactRequest: Redact | undefined;
      return (text) => {
        redactRequest ??= redactor(bodySecrets(raw));
        return redactRun(redactRequest(withoutAny(text, signatures)));
      };
    },
  };
}

/** Signatures are used once: their own spelling, and that of an address, are enough. Every refusal is looked through for all of them. */
function withoutAny(text: string, signatures: readonly (readonly string[])[]): string {
  return signatures
    .flat()
    .filter((value) => text.includes(value))
    .reduce((left, value) => left.replaceAll(value, hidden), text);
}

/** What must not be printed in a whole run. */
export function secretsOfRun(
  { clientToken, accessToken, clientSecret }: Credentials,
  accountSwitchKey: string | undefined,
): string[] {
  const secrets = [clientSecret, clientToken, accessToken];
  return accountSwitchKey === undefined ? secrets : [...secrets, accountSwitchKey];
}

/** Text only: no answer repeats a packed bundle. */
function bodySecrets(raw: ApiRequest["raw"]): string[] {
  if (raw === undefined || !/^(text\/|application\/json)/.test(raw.contentType)) return [];
  return secretsInBody(typeof raw.bytes === "string" ? raw.bytes : Buffer.from(raw.bytes).toString("utf8"));
}
