import fc from "fast-check";
import { ConfigError, parseEdgerc, readSettings } from "../../provider/config";

type Values = Record<string, string>;
interface Given {
  config?: Values;
  env?: Values;
  files?: Values;
}

const home = "/home/ada";

function read({ config = {}, env = {}, files = {} }: Given) {
  return readSettings({
    config: (key) => config[key],
    env,
    home,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined)
        throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: "ENOENT" });
      if (text === "locked") throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
      return text;
    },
  });
}

function failure(given: Given): ConfigError {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

function credentials(mark: string) {
  return {
    host: `${mark}.example.com`,
    clientToken: `${mark}-client`,
    accessToken: `${mark}-access`,
    clientSecret: `${mark}-secret`,
  };
}
function variables(mark: string, prefix = "AKAMAI_"): Values {
  const { host, clientToken, accessToken, clientSecret } = credentials(mark);
  return {
    [`${prefix}HOST`]: host,
    [`${prefix}CLIENT_TOKEN`]: clientToken,
    [`${prefix}ACCESS_TOKEN`]: accessToken,
    [`${prefix}CLIENT_SECRET`]: clientSecret,
  };
}
function section(name: string, mark: string, more = ""): string {
  const { host, clientToken, accessToken, clientSecret } = credentials(mark);
  return `[${name}]\nclient_secret = ${clientSecret}\nhost = ${host}\naccess_token = ${accessToken}\nclient_token = ${clientToken}\n${more}\n`;
}
const everywhere = {
  config: credentials("config"),
  env: { ...variables("plain"), ...variables("special", "AKAMAI_SPE_CIAL_") },
  files: { "/home/ada/.edgerc": section("default", "file") + section("spe-cial", "section") },
};

const origins: [what: string, given: Given, mark: string][] = [
  ["stack config before all", everywhere, "config"],
  [
    "an edgerc named in the stack before the environment",
    { ...everywhere, config: { edgerc: "~/.edgerc" } },
    "file",
  ],
  [
    "its section named in the stack",
    { ...everywhere, config: { edgerc: "~/.edgerc", section: "spe-cial" } },
    "section",
  ],
  [
    "its section named in the environment",
    { ...everywhere, config: { edgerc: "~/.edgerc" }, env: { AKAMAI_EDGERC_SECTION: "spe-cial" } },
    "section",
  ],
  [
    "a relative edgerc",
    { config: { edgerc: "ci/edgerc" }, files: { "ci/edgerc": section("default", "ci") } },
    "ci",
  ],
  ["the environment before the file", { ...everywhere, config: {} }, "plain"],
  [
    "the section's variables before the plain ones",
    { ...everywhere, config: { section: "spe-cial" } },
    "special",
  ],
  [
    "the section's variables, named by a variable",
    { env: { ...everywhere.env, AKAMAI_EDGERC_SECTION: "spe-cial" } },
    "special",
  ],
  ["the plain variables when the section has none", { ...everywhere, config: { section: "other" } }, "plain"],
  ["~/.edgerc, default", { files: everywhere.files }, "file"],
  ["~/.edgerc, the stack's section", { config: { section: "spe-cial" }, files: everywhere.files }, "section"],
  [
    "~/.edgerc, the variable's section",
    { env: { AKAMAI_EDGERC_SECTION: "spe-cial" }, files: everywhere.files },
    "section",
  ],
  [
    "the stack's section before the variable's",
    { config: { section: "spe-cial" }, env: { AKAMAI_EDGERC_SECTION: "default" }, files: everywhere.files },
    "section",
  ],
  [
    "the file of AKAMAI_EDGERC",
    {
      env: { AKAMAI_EDGERC: "~/keys/.edgerc" },
      files: { "/home/ada/keys/.edgerc": section("default", "keys") },
    },
    "keys",
  ],
  [
    "empty variables are not set",
    { env: { AKAMAI_HOST: "", AKAMAI_CLIENT_TOKEN: " " }, files: everywhere.files },
    "file",
  ],
];

describe("credentials", () => {
  test.each(origins)("come from %s", (_what, given, mark) => {
    expect(read(given).credentials).toEqual(credentials(mark));
  });

  const partial: [what: string, given: Given, message: string][] = [
    [
      "stack config",
      { ...everywhere, config: { host: "h.example.com", clientToken: "t" } },
      "The Akamai credentials in the stack config are not complete: akamai-edge:accessToken and akamai-edge:clientSecret are missing beside akamai-edge:host and akamai-edge:clientToken. Set all four pieces in the same source.",
    ],
    [
      "the environment",
      {
        ...everywhere,
        config: {},
        env: { AKAMAI_HOST: "h", AKAMAI_CLIENT_TOKEN: "t", AKAMAI_ACCESS_TOKEN: "a" },
      },
      "The Akamai credentials in the environment are not complete: AKAMAI_CLIENT_SECRET is missing beside AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, and AKAMAI_ACCESS_TOKEN.",
    ],
    [
      "a section's variables, whole plain ones notwithstanding",
      { config: { section: "a.b" }, env: { ...variables("plain"), AKAMAI_A_B_HOST: "h" } },
      "AKAMAI_A_B_CLIENT_TOKEN, AKAMAI_A_B_ACCESS_TOKEN, and AKAMAI_A_B_CLIENT_SECRET are missing beside AKAMAI_A_B_HOST.",
    ],
    [
      "a section",
      { files: { "/home/ada/.edgerc": "[default]\nhost = h\n[next]\nclient_secret = s" } },
      "in the section [default] of /home/ada/.edgerc are not complete: client_token, access_token, and client_secret are missing beside host.",
    ],
    [
      "a section the stack names that is empty",
      { ...everywhere, config: { edgerc: "e" }, files: { e: "[default]" } },
      "in the section [default] of e are not complete: host, client_token, access_token, and client_secret are missing. Set",
    ],
    [
      "a file the stack names that is not there",
      { ...everywhere, config: { edgerc: "gone" } },
      "akamai-edge:edgerc asks for the section [default] of gone, but the file does not exist.",
    ],
    [
      "a section the stack names that is not there",
      { ...everywhere, config: { edgerc: "~/.edgerc", section: "gone" } },
      "akamai-edge:edgerc asks for the section [gone] of ~/.edgerc, but the file has no such section.",
    ],
    [
      "a file that cannot be read",
      { files: { "/home/ada/.edgerc": "locked" } },
      "The file /home/ada/.edgerc cannot be read (EACCES).",
    ],
    [
      "two ways at once",
      { config: { edgerc: "~/.edgerc", host: "h" } },
      "akamai-edge:edgerc and akamai-edge:host are both set in the stack config",
    ],
  ];
  test.each(partial)("partly there is an error: %s", (_what, given, message) => {
    expect(failure(given).message).toContain(message);
  });

  test("nowhere: one error with every place in order and how to set each", () => {
    expect(failure({ config: { section: "blue" }, files: { "/home/ada/.edgerc": "[green]" } }).message).toBe(
      `No Akamai credentials found. These sources were read, in this order:
  1. the stack config: akamai-edge:host, akamai-edge:clientToken, akamai-edge:accessToken, akamai-edge:clientSecret
  2. the environment: AKAMAI_BLUE_HOST, AKAMAI_BLUE_CLIENT_TOKEN, AKAMAI_BLUE_ACCESS_TOKEN, AKAMAI_BLUE_CLIENT_SECRET
  3. the environment: AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN, AKAMAI_CLIENT_SECRET
  4. the section [blue] of /home/ada/.edgerc: host, client_token, access_token, client_secret (the file has no such section)
Do one of these:
  - pulumi config set akamai-edge:host <host>, and pulumi config set --secret akamai-edge:clientToken <…>, :accessToken and :clientSecret alike
  - pulumi config set akamai-edge:edgerc <file> and pulumi config set akamai-edge:section <section>
  - export AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN and AKAMAI_CLIENT_SECRET
  - download the .edgerc file of an API client to ~/.edgerc, or name it with AKAMAI_EDGERC and its section with AKAMAI_EDGERC_SECTION`,
    );
  });
});

describe("host", () => {
  test.each([
    ["akab-x.luna.akamaiapis.net", "akab-x.luna.akamaiapis.net"],
    ["https://akab-x.luna.akamaiapis.net/", "akab-x.luna.akamaiapis.net"],
    [" HTTPS://AKAB-X.luna.akamaiapis.net\n", "akab-x.luna.akamaiapis.net"],
    ["localhost:8443", "localhost:8443"],
    ["127.0.0.1:8443/", "127.0.0.1:8443"],
    ["[::1]:8443", "[::1]:8443"],
  ])("%j is read as %s", (host, clean) => {
    expect(read({ config: { ...credentials("x"), host } }).credentials.host).toBe(clean);
  });

  test.each([
    "http://h.example.com",
    "https://h.example.com/path",
    "h.example.com?x",
    "two words",
    "h:99999",
    "h:",
    "-h",
    "ada@h",
    "https://",
  ])("%j is refused", (host) => {
    expect(failure({ config: { ...credentials("x"), host } }).message).toMatch(
      /^akamai-edge:host in the stack config must be a host name/,
    );
  });
});

describe("the other settings", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
  const given = (config: Values, env: Values = {}, files: Values = {}): Given => ({
    config: { ...credentials("x"), ...config },
    env,
    files,
  });
  const defaults = {
    credentials: credentials("x"),
    previewReads: true,
    namespacesPerNetwork: 20,
    concurrency: 8,
  };

  const settings: [what: string, given: Given, expected: object][] = [
    ["defaults", given({}), {}],
    [
      "numbers and truth",
      given({ previewReads: "false", namespacesPerNetwork: "50", concurrency: "1" }),
      { previewReads: false, namespacesPerNetwork: 50, concurrency: 1 },
    ],
    [
      "account of the stack first",
      given({ accountSwitchKey: "A" }, { AKAMAI_ACCOUNT_KEY: "B" }),
      { accountSwitchKey: "A" },
    ],
    [
      "account of the section's variable",
      given({ section: "s" }, { AKAMAI_S_ACCOUNT_KEY: "A", AKAMAI_ACCOUNT_KEY: "B" }),
      { accountSwitchKey: "A" },
    ],
    [
      "account key variable",
      given({}, { AKAMAI_ACCOUNT_KEY: "A", AKAMAI_ACCOUNT_SWITCH_KEY: "B" }),
      { accountSwitchKey: "A" },
    ],
    ["account switch key variable", given({}, { AKAMAI_ACCOUNT_SWITCH_KEY: "B" }), { accountSwitchKey: "B" }],
    [
      "no account from a file that is not used",
      given({}, {}, { "/home/ada/.edgerc": section("default", "x", "account_key = F") }),
      {},
    ],
    [
      "account of the file in use",
      { files: { "/home/ada/.edgerc": section("default", "x", "account_key = F\nmax_body = 131072") } },
      { accountSwitchKey: "F" },
    ],
    [
      "authority of the stack",
      given({ caFile: "~/ca.pem" }, { AKAMAI_CA_FILE: "other" }, { "/home/ada/ca.pem": pem }),
      { certificateAuthority: pem },
    ],
    [
      "authority of the environment",
      given({}, { AKAMAI_CA_FILE: "ca.pem" }, { "ca.pem": pem }),
      { certificateAuthority: pem },
    ],
  ];
  test.each(settings)("%s", (_what, from, expected) => {
    expect(read(from)).toEqual({ ...defaults, ...expected });
  });

  const wrong: [given: Given, message: string][] = [
    [given({ previewReads: "yes" }), "akamai-edge:previewReads must be true or false."],
    [
      given({ namespacesPerNetwork: "many" }),
      "akamai-edge:namespacesPerNetwork must be a whole number from 1 to 999999.",
    ],
    [given({ concurrency: "0" }), "akamai-edge:concurrency must be a whole number from 1 to 999999."],
    [given({ concurrency: "1.5" }), "akamai-edge:concurrency must be a whole number from 1 to 999999."],
    [given({ caFile: "gone" }), "The file gone that akamai-edge:caFile names cannot be read (ENOENT)."],
    [
      given({}, { AKAMAI_CA_FILE: "key" }, { key: "-----BEGIN PRIVATE KEY-----" }),
      "The file key that AKAMAI_CA_FILE names holds no certificate",
    ],
  ];
  test.each(wrong)("%#: a wrong one is an error that names it", (from, message) => {
    expect(failure(from).message).toContain(message);
  });
});

describe("an .edgerc value", () => {
  test.each([
    ["abc/def+ghi=", "abc/def+ghi="],
    ["  spaces around \t", "spaces around"],
    ['"in = quotes"', "in = quotes"],
    ["'single' ; comment", "single"],
    ['half"quoted', 'half"quoted'],
    ["a;b#c", "a;b#c"],
    ["abc ; a comment", "abc"],
    ["abc # a comment", "abc"],
    ["# only a comment", ""],
    ["back\\slash\\;", "back\\slash\\;"],
    ["true", "true"],
    ["null", "null"],
    ["=", "="],
  ])("%s", (written, meant) => {
    expect(parseEdgerc(`[default]\r\nclient_secret=${written}\r\nhost = h\r\n`).get("default")).toEqual(
      new Map([
        ["client_secret", meant],
        ["host", "h"],
      ]),
    );
  });

  test("survives whatever it is made of", () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    const plain = printable.filter((value) => !/^["';#]/.test(value));
    fc.assert(
      fc.property(plain, (value) => {
        expect(parseEdgerc(`[s]\nkey = ${value}\n`).get("s")?.get("key")).toBe(value);
      }),
    );
  });

  test("sections keep dots apart from nesting, and prototypes out", () => {
    const sections = parseEdgerc(
      "\uFEFF; top\nhost = none\n[a]\nhost=1\n [a.b] ; note\nhost=2\n[ c ]\nhost=3\n[a.b.c]\nhost=4\n[__proto__]\nhost=5\n",
    );
    expect([...sections].map(([name, entries]) => [name, entries.get("host")])).toEqual([
      ["a", "1"],
      ["c", "3"],
      ["a.b", "2"],
      ["a.b.c", "4"],
    ]);
  });
});

test("no error holds a secret or a part of one", () => {
  // Letters that no message has four of in a row.
  const secret = fc.string({
    unit: fc.constantFrom("Q", "Z", "X", "7", "9", "+", "=", "/", " ", ";"),
    minLength: 6,
    maxLength: 40,
  });
  const some = (names: string[]) => fc.dictionary(fc.constantFrom(...names), secret);
  const configKeys = [
    "host",
    "clientToken",
    "accessToken",
    "clientSecret",
    "accountSwitchKey",
    "previewReads",
    "namespacesPerNetwork",
    "concurrency",
  ];
  const entries = some(["host", "client_token", "access_token", "client_secret", "account_key"]);
  const lines = fc
    .tuple(entries, fc.constantFrom("=", " = ", " ", ":"))
    .map(([values, sign]) => Object.entries(values).map(([key, value]) => key + sign + value));
  const caught = { errors: 0 };
  fc.assert(
    fc.property(
      some(configKeys),
      fc.constantFrom({}, { edgerc: "~/.edgerc" }, { caFile: "~/.edgerc" }),
      some(Object.keys(variables("x"))),
      fc.option(lines, { nil: undefined }),
      (config, file, env, written) => {
        const files: Values =
          written === undefined ? {} : { "/home/ada/.edgerc": ["[default]", ...written].join("\n") };
        const secrets = [...Object.values(config), ...Object.values(env), written?.join("\n") ?? ""].join(
          "\n",
        );
        try {
          read({ config: { ...config, ...file }, env, files });
        } catch (error) {
          caught.errors += 1;
          expect(error).toBeInstanceOf(ConfigError);
          expect(error).not.toHaveProperty("cause");
          const message = `${error instanceof Error ? error.message : ""}`;
          const parts = [...secrets.matchAll(/(?=([QZX79+=/;]{4}))/g)].map(([, part]) => part ?? "");
          expect(parts.filter((part) => message.includes(part))).toEqual([]);
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(caught.errors).toBeGreaterThan(100);
});

test.each<[string, string | undefined, string | undefined]>([
  ["a path", "./requests.jsonl", "./requests.jsonl"],
  ["a path in the home folder", "~/requests.jsonl", "/home/ada/requests.jsonl"],
  ["nothing", " ", undefined],
])("a request log is written to %s", (_what, requestLog, expected) => {
  expect(
    read({ config: { ...credentials("a"), ...(requestLog === undefined ? {} : { requestLog }) } }).requestLog,
  ).toBe(expected);
});
