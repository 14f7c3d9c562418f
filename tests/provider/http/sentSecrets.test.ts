import { createSentSecrets } from "../../../provider/http/sentSecrets";

const credentials = { host: "localhost", clientToken: "client", accessToken: "access", clientSecret: "hush" };
const header = (n: number) => `EG1-HMAC-SHA256 client_token=client;nonce=nonce-${n};signature=sign/${n}+x=`;

function signedOften() {
  const { noteAuthorization, redactorFor } = createSentSecrets(credentials, undefined);
  for (let n = 0; n < 250; n += 1) noteAuthorization(header(n));
  return redactorFor({ method: "GET", path: "/" });
}

test("the signatures and nonces of the last 200 requests are hidden, in both spellings", () => {
  const redact = signedOften();
  expect(redact("got sign/249+x=, sign%2F50%2Bx%3D and nonce-50")).toBe(
    "got [secret], [secret] and [secret]",
  );
  expect(redact("got sign/49+x=")).toBe("got sign/49+x=");
});

// A preview of many items has a 404 for each.
test("a refusal is looked through without spelling each signature again", () => {
  const redact = signedOften();
  const encode = jest.spyOn(globalThis, "encodeURIComponent");
  try {
    redact("not found");
    expect(encode.mock.calls.length).toBeLessThan(50);
  } finally {
    encode.mockRestore();
  }
});
