/** The page of the emulator: what it serves, to whom, and what it shows in Chromium. Runs the compiled emulator. */
import { request } from "node:https";
import { type Emulator, startEmulator } from "pulumi-akamai-edge/emulator";
import { Chromium, findChromium } from "../../../scripts/chromium";
import { clientOf, fillAccount } from "../../../scripts/page/account";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ clock: "manual", settings: { initialized: true }, edge: true });
  await fillAccount(emulator);
});
afterAll(() => emulator.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}
const ask = (path: string, headers: Record<string, string> = {}, method = "GET", body?: string) =>
  new Promise<Answer>((resolve, reject) => {
    const sent = request(
      `${emulator.url}/_emulator${path}`,
      { method, headers, ca: emulator.ca, servername: "localhost", agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += String(part);
        });
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
const bearer = () => ({ authorization: `Bearer ${emulator.controlToken}` });
const overview = async () => JSON.parse((await ask("/overview", bearer())).text);

describe("what is served", () => {
  test("the page and its files, without a token, with headers that keep all else out", async () => {
    for (const [path, type] of [
      ["/", "text/html"],
      ["/page.css", "text/css"],
      ["/page.mjs", "text/javascript"],
      ["/sections.mjs", "text/javascript"],
      ["/dom.mjs", "text/javascript"],
    ] as const) {
      const { status, headers, text } = await ask(path);
      expect([status, headers["content-type"]]).toEqual([200, `${type}; charset=utf-8`]);
      expect(headers).toMatchObject({
        "content-security-policy": expect.stringMatching(
          /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'$/,
        ),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
      });
      expect(text).not.toMatch(/innerHTML|style="|onclick=/);
    }
    expect(await ask("")).toMatchObject({ status: 302, headers: { location: "/_emulator/" } });
    expect((await ask("/../page.css")).status).not.toBe(200);
  });

  test("no other name leads to the page, and no other page to the controls", async () => {
    for (const host of ["evil.example.com", "localhost.evil.com", "127.0.0.1.nip.io:443"])
      expect((await ask("/", { host })).status).toBe(401);
    expect((await ask("/", { host: `127.0.0.1:${new URL(emulator.url).port}` })).status).toBe(200);
    for (const origin of ["https://evil.example.com", "null", emulator.url.replace("https", "http")])
      expect((await ask("/clock", { ...bearer(), origin })).status).toBe(403);
    // DNS that leads a page's own name here: the Origin is then that of the Host.
    const rebound = { host: "evil.example.com", origin: "https://evil.example.com" };
    expect((await ask("/clock", { ...bearer(), ...rebound })).status).toBe(401);
    expect((await ask("/clock", { ...bearer(), origin: emulator.url })).status).toBe(200);
    expect((await ask("/overview")).status).toBe(401);
    expect((await ask("/journal/recent")).status).toBe(401);
  });

  test("pageUrl has the token behind #, which no request has", () => {
    expect(emulator.pageUrl).toBe(`${emulator.url}/_emulator/#token=${emulator.controlToken}`);
  });
});

describe("the overview", () => {
  test("what the account holds and what is live where", async () => {
    const shown = await overview();
    const [{ id } = { id: 0 }] = shown.edgeWorkers;
    expect(shown).toMatchObject({
      edgekv: "INITIALIZED",
      edge: { staging: emulator.edge?.staging },
      namespaces: expect.arrayContaining([
        expect.objectContaining({
          network: "production",
          name: "greetings",
          status: "READY",
          count: 3,
          groups: [
            {
              name: "countries",
              count: 3,
              items: [
                { key: "US", bytes: 5, contentType: "text/plain", expiresAt: null },
                { key: "DE", bytes: 9, contentType: "text/plain", expiresAt: null },
                { key: "JP", bytes: 15, contentType: "text/plain", expiresAt: null },
              ],
            },
          ],
        }),
      ]),
      tokens: [
        {
          name: "greeter-reader",
          status: "COMPLETE",
          networks: ["staging", "production"],
          permissions: ["greetings: r"],
          edgeWorkerIds: [String(id)],
          users: [
            { edgeWorkerId: id, version: "1.0", network: "staging" },
            { edgeWorkerId: id, version: "1.0", network: "production" },
          ],
        },
      ],
      edgeWorkers: [
        {
          name: "greeter",
          tier: "Dynamic Compute",
          versions: ["1.0", "1.1"],
          live: { staging: "1.0", production: "1.0" },
        },
      ],
      activations: [
        {
          what: `EdgeWorker ${id}`,
          kind: "activation",
          version: "1.1",
          network: "staging",
          status: "IN_PROGRESS",
        },
      ],
    });
    const [property] = shown.properties;
    expect(property.versions.flatMap((one: { calls: object[] }) => one.calls)).toContainEqual({
      rule: "default > Greeter",
      edgeWorkerId: String(id),
      isOn: true,
      when: ["path matches one of /hello, /hello/*"],
    });
  });

  test("it has no value of an item and no secret", async () => {
    const text = JSON.stringify([
      await overview(),
      JSON.parse((await ask("/journal/recent", bearer())).text),
    ]);
    const state = emulator.state.get() as {
      edgekv: { tokens: Record<string, { value: { uuid: string } }[]> };
    };
    const secrets = Object.values(state.edgekv.tokens).flatMap((states) =>
      states.map(({ value }) => value.uuid),
    );
    const { clientSecret, clientToken, accessToken } = emulator.credentials();
    expect(secrets).toHaveLength(1);
    for (const secret of [
      ...secrets,
      clientSecret,
      clientToken,
      accessToken,
      emulator.controlToken,
      "Guten Tag",
    ])
      expect(text).not.toContain(secret);
  });

  test("the journal is asked for from a number on, and knows the requests to the sites", async () => {
    const recent = async (after: number) =>
      JSON.parse((await ask(`/journal/recent?after=${after}`, bearer())).text) as {
        number: number;
        path: string;
        site?: string;
      }[];
    const before = (await recent(0)).at(-1)?.number ?? 0;
    expect(await recent(before)).toEqual([]);
    const response = await emulator.edge?.fetch("https://www.example.com/hello?x=1");
    expect(await response?.text()).toBe("Hello");
    expect(await recent(before)).toMatchObject([
      {
        number: before + 1,
        ...{ method: "GET", path: "/hello", query: { x: "1" }, status: 200, client: null },
        ...{ site: "www.example.com", edge: { network: "staging" } },
      },
      { number: before + 2, path: "/api/v1/namespaces/greetings/groups/countries/items/reserved" },
    ]);
    expect(emulator.counts()).toMatchObject({ "GET site": 1 });
    expect((await ask("/journal/recent?after=x", bearer())).status).toBe(400);
  });
});

const executable = findChromium();
const inChromium = executable === undefined ? describe.skip : describe;
if (executable === undefined)
  console.warn("No Chromium here: what the page shows is not tested. CHROMIUM names one.");

inChromium("in Chromium", () => {
  let browser: Chromium;
  const text = (selector: string) =>
    browser.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  beforeAll(async () => {
    browser = await Chromium.start(String(executable));
    await browser.size(1200, 900);
    await browser.open(emulator.pageUrl);
    await browser.until("!document.getElementById('account').hidden");
  }, 60_000);
  afterAll(() => browser.close());

  test("it shows the account, the address loses the token, and nothing breaks its own policy", async () => {
    expect(await browser.evaluate("location.href")).toBe(`${emulator.url}/_emulator/`);
    expect(await text("#edgeworkers")).toMatch(/greeter\s+Dynamic Compute\s+1\.0\s+1\.0/);
    expect(await text("#tokens")).toMatch(/greeter-reader\s+COMPLETE.*EdgeWorker \d+ 1\.0 on production/s);
    expect(await text("#activations")).toMatch(/1\.1\s+staging\s+IN_PROGRESS/);
    expect(await text("#journal .content")).toContain("POST /edgeworkers/v1/ids");
    expect(browser.problems).toEqual([]);
  });

  test("the clock moves by its buttons, and the end of an activation is announced", async () => {
    await browser.evaluate("document.querySelector('[data-advance=\"600\"]').click()");
    await browser.until(
      "/activation of 1.1 on staging is over/.test(document.getElementById('status').textContent)",
    );
    await browser.until(
      "/greeter\\s+Dynamic Compute\\s+1\\.1\\s+1\\.0/.test(document.querySelector('#edgeworkers').innerText)",
    );
    expect(await text("#activations .content")).toBe("None.");
  });

  test("a fault is added and removed, by the keyboard", async () => {
    await browser.evaluate("document.getElementById('fault-kind').focus()");
    for (let tabs = 0; tabs < 3; tabs += 1) await browser.key("Tab");
    expect(await browser.evaluate("document.activeElement.textContent")).toBe("Add fault");
    await browser.key("Enter");
    await browser.until("document.querySelector('#faults tbody')");
    expect(await text("#faults tbody")).toMatch(/status\s+every\s+\*\s+1/);
    await browser.evaluate("document.getElementById('clear-faults').focus()");
    await browser.key("Space");
    await browser.until("/No fault/.test(document.querySelector('#faults .content').innerText)");
  });

  test("names are text, whatever is in them", async () => {
    const hostile = '<img src=x onerror="window.hacked=1">"\'';
    const http = clientOf(emulator);
    await http.send({
      method: "POST",
      path: "/edgeworkers/v1/ids",
      json: { name: hostile, groupId: 72_297, resourceTierId: 200 },
    });
    const state = emulator.state.get() as {
      edgekv: { items: Record<string, Record<string, Record<string, object>>> };
    };
    const groups = state.edgekv.items.staging?.greetings ?? {};
    const [items = {}] = Object.values(groups);
    groups["<script>window.hacked=1</script>"] = {
      "</td><svg onload=alert(1)>": Object.values(items)[0] as object,
    };
    emulator.state.put(state);
    await emulator.edge?.fetch("https://www.example.com/<b>x</b>?<i>");
    await browser.until(
      `document.querySelector('#edgeworkers').innerText.includes(${JSON.stringify(hostile)})`,
    );
    await browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await browser.until("document.querySelector('#namespaces').innerText.includes('<script>window.hacked')");
    expect(
      await browser.evaluate(
        "[window.hacked, document.querySelectorAll('main img, main svg, main script').length]",
      ),
    ).toEqual([null, 0]);
    expect(browser.problems).toEqual([]);
  });

  test("open parts stay open, with the focus in them, when their data changes", async () => {
    await browser.evaluate("document.querySelector('#namespaces summary').focus()");
    const key = await browser.evaluate<string>("document.activeElement.parentElement.dataset.key");
    await browser.evaluate("document.activeElement.parentElement.open = true");
    emulator.clock.advance(1);
    const http = clientOf(emulator);
    await http.send({
      method: "PUT",
      path: "/edgekv/v1/networks/staging/namespaces/greetings/groups/countries/items/FR",
      raw: { bytes: Buffer.from("Bonjour"), contentType: "text/plain" },
      accept: "*/*",
    });
    await browser.until("/FR/.test(document.querySelector('#namespaces').textContent)");
    expect(
      await browser.evaluate(
        "[document.activeElement.tagName, document.activeElement.parentElement.dataset.key, document.activeElement.parentElement.open]",
      ),
    ).toEqual(["SUMMARY", key, true]);
  });

  test("landmarks, names and heads for a screen reader; each control has a name", async () => {
    const { nodes } = (await browser.send("Accessibility.getFullAXTree")) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const shown = nodes.filter(({ ignored }) => !ignored);
    const rolesOf = (role: string) => shown.filter((node) => node.role?.value === role);
    for (const role of ["banner", "navigation", "main", "contentinfo", "status", "alert"])
      expect([role, rolesOf(role).length]).toEqual([role, 1]);
    expect(rolesOf("region").map(({ name }) => name?.value)).toEqual([
      "Clock",
      "Activations on their way",
      "EdgeWorkers",
      "Properties",
      "Namespaces",
      "Access tokens",
      "Faults",
      "Journal",
    ]);
    for (const role of ["button", "textbox", "spinbutton", "combobox", "table", "link"])
      for (const { name } of rolesOf(role)) expect(name?.value ?? "").not.toBe("");
    expect(await browser.evaluate("document.documentElement.lang")).toBe("en");
  });

  test.each([320, 390, 1200])(
    "at %d pixels nothing is wider than the page, and tables stay tables",
    async (width) => {
      await browser.size(width, 800);
      await browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await browser.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      const small =
        "[...document.querySelectorAll('main button, main select, main input')].filter((one) => one.offsetHeight > 0 && one.offsetHeight < 40).length";
      expect(await browser.evaluate(small)).toBe(0);
    },
  );

  test("a wrong token asks for another one", async () => {
    await browser.open(`${emulator.url}/_emulator/#token=wrong`);
    await browser.until(
      "!document.getElementById('entry').hidden && /not the emulator's/.test(document.getElementById('problem').textContent)",
    );
    await browser.evaluate(
      `document.getElementById('token').value = ${JSON.stringify(emulator.controlToken)}`,
    );
    await browser.evaluate("document.getElementById('token').focus()");
    await browser.key("Enter");
    await browser.until("!document.getElementById('account').hidden");
  });
});
