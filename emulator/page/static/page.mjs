/** The page of the emulator: it asks the control API, and shows what the account holds. */
import { draw } from "./dom.mjs";
import * as sections from "./sections.mjs";

const KEY = "akamai-edge-emulator-token";
const POLL_MS = 1000;
const SHOWN_ENTRIES = 200;
const $ = (id) => document.getElementById(id);

/** The token comes behind `#`, which no request has. It goes out of the address, so that no copy of that has it. */
function tokenOfAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}

class Refused extends Error {}

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    referrerPolicy: "no-referrer",
    credentials: "omit",
  });
  if (response.status === 401) throw new Refused();
  const text = await response.text();
  const json = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw new Error(json?.detail ?? `status ${response.status}`);
  return json;
}

const say = (text) => {
  $("status").textContent = text;
};
const complain = (text) => {
  if ($("problem").textContent !== text) $("problem").textContent = text;
};

let entries = [];
let isPaused = false;
let onTheirWay = new Set();

/** Tells which activations are over: a screen reader hears it, and others see it. */
function announce({ activations }) {
  const nameOf = ({ what, kind, version, network }) => `${what}: ${kind} of ${version} on ${network}`;
  const current = new Set(activations.map(nameOf));
  const over = [...onTheirWay].filter((name) => !current.has(name));
  if (over.length > 0) say(`${over.join("; ")} is over.`);
  onTheirWay = current;
}

async function readJournal() {
  // Entries without a status are asked for again: their answer may have come.
  const open = entries.filter(({ status }) => status === null).map(({ number }) => number);
  const last = entries[0]?.number ?? 0;
  const after = Math.max(0, Math.min(last, ...open.map((number) => number - 1), last), last - SHOWN_ENTRIES);
  const fresh = await ask("GET", `journal/recent?after=${after}`);
  const numbers = new Set(fresh.map(({ number }) => number));
  entries = [...fresh.reverse(), ...entries.filter(({ number }) => !numbers.has(number))]
    .sort((a, b) => b.number - a.number)
    .slice(0, SHOWN_ENTRIES);
}

function show(account) {
  const { now, edge, accountId } = account;
  $("now").dateTime = new Date(now).toISOString();
  $("now").textContent = new Date(now).toUTCString();
  const sites =
    edge === null ? "the sites do not answer" : `staging ${edge.staging}, production ${edge.production}`;
  $("addresses").textContent = `Account ${accountId}; ${sites}`;
  draw(
    "activations",
    { activations: account.activations, now: account.activations.length > 0 ? now : 0 },
    sections.activations,
  );
  draw("edgeworkers", account.edgeWorkers, sections.edgeworkers);
  draw("properties", account.properties, sections.properties);
  draw("namespaces", { namespaces: account.namespaces, edgekv: account.edgekv }, sections.namespaces);
  draw("tokens", account.tokens, sections.tokens);
  draw("faults", account.faults, sections.faults);
  if (!isPaused) draw("journal", entries, sections.journal);
  announce(account);
}

function setOpen(isOpen) {
  $("entry").hidden = isOpen;
  $("account").hidden = !isOpen;
  document.querySelector("nav").hidden = !isOpen;
}

/** Asks for all, and shows it. An answer to a token that was replaced meanwhile says nothing. */
async function refresh() {
  const token = sessionStorage.getItem(KEY);
  const isStale = () => token !== sessionStorage.getItem(KEY);
  try {
    const [account] = await Promise.all([ask("GET", "overview"), isPaused ? undefined : readJournal()]);
    if (isStale()) return;
    setOpen(true);
    complain("");
    show(account);
  } catch (error) {
    if (isStale()) return;
    if (error instanceof Refused) {
      setOpen(false);
      complain(
        sessionStorage.getItem(KEY) === null
          ? ""
          : "This token is not the emulator's. It has another one after each start.",
      );
      sessionStorage.removeItem(KEY);
      return;
    }
    complain(error instanceof TypeError ? "The emulator does not answer." : String(error.message));
  }
}

/** Refreshes one after the other, while the page is seen. */
async function run() {
  if (document.visibilityState === "visible" && sessionStorage.getItem(KEY) !== null) await refresh();
  setTimeout(run, POLL_MS);
}

/** Carries out what a button stands for, and says what came of it. */
const act = (what, request) => async (event) => {
  event.preventDefault();
  try {
    await request(event);
    say(typeof what === "function" ? what(event) : what);
    await refresh();
  } catch (error) {
    complain(error instanceof Refused ? "The token is not valid any more." : String(error.message));
  }
};

for (const button of document.querySelectorAll("[data-advance]"))
  button.addEventListener(
    "click",
    act(`The clock moved: ${button.textContent}.`, () =>
      ask("POST", "clock", { advanceSeconds: Number(button.dataset.advance) }),
    ),
  );
$("fault").addEventListener(
  "submit",
  act("A fault was added.", () => {
    const kind = $("fault-kind").value;
    const status = kind === "status" ? { status: Number($("fault-status").value) } : {};
    return ask("POST", "faults", { kind, path: $("fault-path").value, ...status });
  }),
);
$("clear-faults").addEventListener(
  "click",
  act("All faults were removed.", () => ask("DELETE", "faults")),
);
$("clear-journal").addEventListener(
  "click",
  act("The journal was emptied.", async () => {
    await ask("DELETE", "journal");
    entries = [];
  }),
);
$("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  say(isPaused ? "The journal is paused." : "The journal goes on.");
});
$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, $("token").value.trim());
  $("token").value = "";
  void refresh();
});

tokenOfAddress();
addEventListener("hashchange", () => {
  tokenOfAddress();
  void refresh();
});
if (sessionStorage.getItem(KEY) === null) setOpen(false);
void run();
