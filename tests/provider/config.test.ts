import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
      "akamai-edge:edgerc asks for the section [gone] of ~/.edgerc, but the file has no such section; it has [default] and [spe-cial].",
    ],
    [
      "a file that cannot be read",
      { files: { "/home/ada/.edgerc": "locked" } },
      "The file /home/ada/.edgerc cannot be read (its permissions forbid it: EACCES).",
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
  4. the section [blue] of /home/ada/.edgerc: host, client_token, access_token, client_secret (the file has no such section; it has [green])
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
    hostSource: "akamai-edge:host in the stack config",
    previewReads: true,
    liveUseCheck: true,
    takeDown: false,
    namespacesPerNetwork: 20,
    concurrency: 8,
  };

  const settings: [what: string, given: Given, expected: object][] = [
    ["defaults", given({}), {}],
    [
      "numbers and truth",
      given({
        previewReads: "false",
        liveUseCheck: "false",
        takeDown: "true",
        namespacesPerNetwork: "50",
        concurrency: "1",
      }),
      { previewReads: false, liveUseCheck: false, takeDown: true, namespacesPerNetwork: 50, concurrency: 1 },
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
      { accountSwitchKey: "F", hostSource: "host in the section [default] of /home/ada/.edgerc, line 3" },
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
    [
      given({ caFile: "gone" }),
      "The file gone that akamai-edge:caFile names cannot be read (it does not exist).",
    ],
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
    const section = parseEdgerc(`[default]\r\nclient_secret=${written}\r\nhost = h\r\n`).get("default");
    expect(section?.entries).toEqual(
      new Map([
        ["client_secret", { value: meant, line: 2 }],
        ["host", { value: "h", line: 3 }],
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
        expect(parseEdgerc(`[s]\nkey = ${value}\n`).get("s")?.entries.get("key")?.value).toBe(value);
      }),
    );
  });

  test("sections are names only: with dots, or those of prototypes", () => {
    const sections = parseEdgerc(
      "\uFEFF; top\nhost = none\n[a]\nhost=1\n [a.b] ; note\nhost=2\n[ c ]\nhost=3\n[a.b.c]\nhost=4\n[__proto__]\nhost=5\n",
    );
    expect([...sections].map(([name, { entries }]) => [name, entries.get("host")?.value])).toEqual([
      ["a", "1"],
      ["a.b", "2"],
      ["c", "3"],
      ["a.b.c", "4"],
      ["__proto__", "5"],
    ]);
  });
});

describe("an .edgerc file as found in the wild", () => {
  const { host, clientToken, accessToken, clientSecret } = credentials("wild");
  const edgerc = (text: string, more: Given = {}) =>
    ({ ...more, files: { "/home/ada/.edgerc": text } }) satisfies Given;
  const rest = `client_token = ${clientToken}\naccess_token = ${accessToken}\nclient_secret = ${clientSecret}\n`;

  test.each([
    ["with a BOM and CRLF", `\uFEFF[default]\r\nhost = ${host}\r\n${rest.replaceAll("\n", "\r\n")}`],
    ["with the line ends of old Macs", `[default]\rhost = ${host}\r${rest.replaceAll("\n", "\r")}`],
    ["with tabs and no blanks", `\t[default]\n\thost=${host}\t\n${rest.replaceAll(" = ", "=\t")}`],
    ["with blanks in the brackets, and text after them", `[ default ]  # mine\nhost = ${host}\n${rest}`],
    ["with quotes", `[default]\nhost = "${host}"\n${rest.replace(/= (.*)/g, "= '$1'")}`],
    [
      "with comments of both kinds",
      `; Akamai\n# API\n[default]\nhost = ${host} ; prod\n${rest}# end\n;x = 1`,
    ],
    ["with a host copied from a browser", `[default]\nhost = https://${host}/\n${rest}`],
    ["with a host in quotes, copied from a browser", `[default]\nhost = "https://${host}/"\n${rest}`],
    ["with max_body and max-body", `[default]\nhost = ${host}\nmax_body = 131072\nmax-body: 8192\n${rest}`],
    ["with colons", `[default]\nhost: ${host}\n${rest.replaceAll(" =", ":")}`],
    ["with hyphens and capitals", `[default]\nHost = ${host}\n${rest.replaceAll("_t", "-T")}`],
    ["with a section that goes on later", `[default]\nhost = ${host}\n[other]\nhost = o\n[default]\n${rest}`],
    [
      "with a section that comes again: the last values count",
      `[default]\nhost = old.example.com\n${rest.replaceAll("wild", "old")}\n[default]\nhost = ${host}\n${rest}`,
    ],
    ["with the section in capitals", `[DEFAULT]\nhost = ${host}\n${rest}`],
    [
      "with sections that differ by capitals: the exact name",
      `[Default]\nhost = o\n[default]\nhost = ${host}\n${rest}`,
    ],
    ["with empty lines everywhere", `\n\n[default]\n\nhost = ${host}\n\n${rest.replaceAll("\n", "\n\n \n")}`],
    ["with an account key that is not set", `[default]\nhost = ${host}\naccount_key =\n${rest}`],
    ["with a line that is no setting", `[default]\nnote to self\nhost = ${host}\n${rest}`],
  ])("%s", (_what, text) => {
    expect(read(edgerc(text)).credentials).toEqual(credentials("wild"));
  });

  test.each(["account_key", "account-key", "account_switch_key", "account-switch-key", "accountSwitchKey"])(
    "its account is read under the name %s",
    (name) => {
      expect(read(edgerc(`[default]\nhost = ${host}\n${rest}${name} = 1-A:1-B\n`)).accountSwitchKey).toBe(
        "1-A:1-B",
      );
    },
  );

  test.each([
    "~/keys/.edgerc",
    "~\\keys\\.edgerc",
    "$HOME/keys/.edgerc",
    ["$", "{HOME}/keys/.edgerc"].join(""),
    "%USERPROFILE%\\keys\\.edgerc",
  ])("the path %s begins at the home of the user", (edgercPath) => {
    const path = `${home}${edgercPath.slice(edgercPath.search(/[\\/]/))}`;
    expect(
      read({ config: { edgerc: edgercPath }, files: { [path]: section("default", "k") } }).credentials,
    ).toEqual(credentials("k"));
  });

  test("a path of Windows is taken as it is", () => {
    const path = "C:\\Users\\Ada Lovelace\\.edgerc";
    expect(
      read({ config: { edgerc: path }, files: { [path]: section("default", "w") } }).credentials,
    ).toEqual(credentials("w"));
  });

  const at = "in the section [default] of /home/ada/.edgerc";
  test.each([
    [
      "a piece without a value: its key and its line",
      `[default]\nhost = ${host}\n\n${rest.replace(clientSecret, "")}`,
      `The Akamai credentials ${at} are not complete: client_secret is missing beside host, client_token, and access_token. client_secret on line 6 is empty. Set all four`,
    ],
    [
      "a line that is broken: its number",
      `[default]\nhost ${host}\n${rest}`,
      `${at} are not complete: host is missing beside client_token, access_token, and client_secret. line 2 is not \`key = value\`. Set`,
    ],
    [
      "a host that is none: its line",
      `[default]\nhost = https://${host}/path\n${rest}`,
      `host ${at}, line 2, must be a host name`,
    ],
    [
      "a section that is missing: those that are there",
      `[green]\nhost = h\n[ blue ]\n`,
      "host, client_token, access_token, client_secret (the file has no such section; it has [green] and [blue])",
    ],
    [
      "two sections that differ by capitals, where neither is exact",
      `[Default]\nhost = h\n[DEFAULT]\nhost = i\n`,
      "(the file has no such section; it has [Default] and [DEFAULT])",
    ],
    [
      "an empty file",
      "",
      "(the file has no such section; it has none: put the line [default] above the keys)",
    ],
    [
      "no section at all",
      `host = ${host}\n${rest}`,
      "(the file has no such section; it has none: put the line [default] above the keys)",
    ],
    [
      "UTF-16",
      [..."[default]"].map((letter) => `${letter}\0`).join(""),
      "The file /home/ada/.edgerc is not UTF-8 (it looks like UTF-16). Save it as UTF-8.",
    ],
  ])("an error names %s, and no secret", (_what, text, message) => {
    const error = failure(edgerc(text)).message;
    expect(error).toContain(message);
    for (const secret of [clientToken, accessToken, clientSecret]) expect(error).not.toContain(secret);
  });

  test("a real file is read through symbolic links; what is no readable file is reported in words", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgerc-"));
    const at = (name: string) => join(folder, name);
    try {
      writeFileSync(at("file"), section("default", "real"));
      symlinkSync(at("file"), at("link"));
      symlinkSync(at("loop"), at("loop"));
      symlinkSync(at("gone"), at("dangling"));
      const from = (name: string) =>
        readSettings({
          config: (key) => (key === "edgerc" ? at(name) : undefined),
          env: {},
          home: folder,
          readFile: (path) => readFileSync(path, "utf8"),
        });
      expect(from("link").credentials).toEqual(credentials("real"));
      expect(() => from(".")).toThrow(`The file ${folder} cannot be read (it is a folder, not a file).`);
      expect(() => from("file/edgerc")).toThrow("(a part of the path is a file, not a folder).");
      expect(() => from("loop")).toThrow("(its symbolic links lead to themselves).");
      expect(() => from("dangling")).toThrow("but the file does not exist.");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("where the host was found is kept, for errors of the connection", () => {
    expect(read(edgerc(`[default]\nhost = ${host}\n${rest}`)).hostSource).toBe(`host ${at}, line 2`);
    expect(read({ env: variables("x") }).hostSource).toBe("AKAMAI_HOST in the environment");
  });
});

describe("the proxy", () => {
  const host = "akab-x.luna.akamaiapis.net";
  const proxyOf = (env: Values, to = host) => read({ config: { ...credentials("x"), host: to }, env }).proxy;
  const plain = { variable: "HTTPS_PROXY", address: "http://p.example.com:3128" };

  test.each<[what: string, env: Values, proxy: object | undefined]>([
    ["none", {}, undefined],
    ["HTTP_PROXY, which is for http", { HTTP_PROXY: "http://p:1" }, undefined],
    ["HTTPS_PROXY", { HTTPS_PROXY: "http://p.example.com:3128/" }, plain],
    ["a name without a scheme", { HTTPS_PROXY: "p.example.com:3128" }, plain],
    [
      "lower case first",
      { HTTPS_PROXY: "http://p:1", https_proxy: "http://q:2" },
      { variable: "https_proxy", address: "http://q:2" },
    ],
    ["ALL_PROXY last", { ALL_PROXY: "https://p:1" }, { variable: "ALL_PROXY", address: "https://p:1" }],
    ["an empty one", { HTTPS_PROXY: " ", ALL_PROXY: "" }, undefined],
    [
      "credentials, decoded, and out of the address",
      { HTTPS_PROXY: "http://ada:p%40ss@p.example.com:3128" },
      { ...plain, authorization: `Basic ${Buffer.from("ada:p@ss").toString("base64")}` },
    ],
  ])("%s", (_what, env, proxy) => {
    expect(proxyOf(env)).toEqual(proxy);
  });

  test.each([
    ["*", host, true],
    [host, host, true],
    ["akamaiapis.net", host, true],
    [".luna.akamaiapis.net", host, true],
    ["*.AkamaiAPIs.net", host, true],
    ["localhost, 127.0.0.1 , akamaiapis.net", host, true],
    ["localhost akamaiapis.net", host, true],
    ["apis.net", host, false],
    ["akamaiapis.net:443", host, true],
    ["akamaiapis.net:8443", host, false],
    ["localhost:8443", "localhost:8443", true],
    ["localhost", "localhost:8443", true],
    ["127.0.0.1", "127.0.0.1:8443", true],
    ["127.0.0.0/8", "127.0.0.1:8443", true],
    ["10.0.0.0/8,192.168.0.0/16", "127.0.0.1:8443", false],
    ["127.0.0.0/x", "127.0.0.1:8443", false],
    ["[::1]", "[::1]:8443", true],
    ["::1", "[::1]:8443", true],
    ["", host, false],
    [".", host, false],
  ])("NO_PROXY=%s for %s: %p", (list, to, isDirect) => {
    for (const name of ["NO_PROXY", "no_proxy"])
      expect(proxyOf({ HTTPS_PROXY: "http://p:1", [name]: list }, to) === undefined).toBe(isDirect);
  });

  test.each([
    ["http://ada:geheim@", "HTTPS_PROXY is no address of a proxy"],
    ["http://ada:geheim@p:99999", "HTTPS_PROXY is no address of a proxy"],
    ["socks5://ada:geheim@p:1080", "HTTPS_PROXY names a proxy of the kind socks5://, which can't be used"],
    [
      "http://ada:geheim%@p:1",
      "HTTPS_PROXY has a user or a password that can't be decoded: write a % in it as %25.",
    ],
  ])("%s is refused by its variable, without the password", (value, message) => {
    const error = failure({ config: credentials("x"), env: { HTTPS_PROXY: value } }).message;
    expect(error).toContain(message);
    expect(error).not.toContain("geheim");
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
    "liveUseCheck",
    "takeDown",
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
