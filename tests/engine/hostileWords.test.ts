/** Text from outside on the real engine's own output: error bodies, names of rules, names of files, refused values. */
import type { Run } from "../../scripts/engine";
import { edgekv, edgeworkers } from "../../sdk";
import { EngineTest } from "../support/engine";

let engine: EngineTest;
beforeAll(async () => {
  engine = await EngineTest.start();
});
afterAll(() => engine.close());

const hostile = "a\n::add-mask::b\r\n##vso[task.x]c\u001b[31m\u009b2J\u202e\u2028##[group]";
const secret = "correct horse battery staple";
/** The engine's own colours are off; line ends and tabs are its own. */
const raw = /(?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]|^\s*::|##[\w]*\[/mu;

test("no exit prints what a terminal or a CI system would obey, and no answer gives a secret away", async () => {
  engine.emulator.faults.add({
    method: "PUT",
    path: "*/items/*",
    kind: "status",
    status: 400,
    times: 10,
    body: { title: hostile, detail: `${hostile} ${secret}`, errorCode: hostile, instance: `/x ${secret}` },
  });
  const { error, messages, text } = await engine.up(async () => {
    const namespace = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: 72_297,
      retentionInSeconds: 86_400,
    });
    const place = { network: "staging", namespace: namespace.name, group: "pages" } as const;
    new edgekv.Item("refused", { ...place, key: "a", value: secret });
  });
  expect(error).toBeDefined();
  const printed = [...messages, text].join("\n");
  expect(printed).toContain(
    "was answered with 400: a\\n::add-mask::b\\u{d}\\n#\\u{23}vso[task.x]c\\u{1b}[31m",
  );
  expect(raw.exec(printed)?.[0]).toBeUndefined();
  expect(printed).not.toContain("horse");

  // One refusal for each run: the engine may end a run at its first, before the other check was asked.
  const item = await engine.up(async () => {
    const group = `x${hostile}`;
    new edgekv.Item("value", { network: "staging", namespace: "catalog", group, key: hostile, value: "x" });
  });
  expectEscaped(item, "group (not shown)");

  const version = await engine.up(async () => {
    new edgeworkers.Version("files", {
      edgeWorkerId: 42,
      bundle: { "main.js": `import "${hostile.replaceAll(/[\r\n\u2028]/g, "")}";`, [hostile]: "x" },
    });
  });
  expectEscaped(version, "bundle (not shown)");
});

function expectEscaped(refused: Run, property: string): void {
  expect(refused.error).toBeDefined();
  const reasons = [...refused.messages, refused.text].join("\n");
  expect(reasons).toContain(property);
  expect(raw.exec(reasons)?.[0]).toBeUndefined();
}
