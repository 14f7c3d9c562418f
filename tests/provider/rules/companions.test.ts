import { edgeWorkersNamed, missingCompanions } from "../../../provider/rules/companions";
import { compile } from "../../../provider/rules/compile";
import { ruleDeclaration } from "../../../provider/rules/declaration";
import { merge } from "../../../provider/rules/merge/merge";

const owner = "project/stack/rules";
const failAction = { name: "failAction", options: { enabled: true, actionType: "SERVE_STALE" } };
const on = (name: string) => ({ name, options: {} });
const found = (rule: object, live: { behaviors?: object[] } = {}) => {
  const managed = compile([ruleDeclaration.parse({ name: "R", ...rule })], owner);
  const root = { name: "default", criteria: [], behaviors: [], children: [], ...live } as never;
  const { tree } = merge({ owner, live: root, last: [], wanted: managed, uuids: {} });
  return missingCompanions(tree, managed).map(({ key, about }) => `${key} ${about}`);
};

test.each<[what: string, rule: object, live: { behaviors?: object[] } | undefined, problems: string[]]>([
  [
    "mPulse without its behavior",
    { edgeWorker: { edgeWorkerId: 1, mPulse: true } },
    {},
    ["R edgeWorker.mPulse"],
  ],
  ["mPulse with it", { edgeWorker: { edgeWorkerId: 1, mPulse: true } }, { behaviors: [on("mPulse")] }, []],
  ["mPulse off", { edgeWorker: { edgeWorkerId: 1, mPulse: false } }, {}, []],
  ["failAction without a match", { behaviors: [failAction] }, {}, ["R behaviors"]],
  ["failAction under a match on the path", { paths: ["/a"], behaviors: [failAction] }, {}, ["R behaviors"]],
  [
    "failAction under a match on the code",
    { criteria: [on("matchResponseCode")], behaviors: [failAction] },
    {},
    [],
  ],
  [
    "failAction below one",
    { papi: { criteria: [on("originTimeout")], children: [{ name: "C", behaviors: [failAction] }] } },
    {},
    [],
  ],
  [
    "failAction of a failover",
    { edgeWorker: { edgeWorkerId: 1 }, failover: { failAction: { actionType: "SERVE_STALE" } } },
    {},
    [],
  ],
  [
    "failAction of somebody else's rule",
    { edgeWorker: { edgeWorkerId: 1 } },
    { behaviors: [failAction] },
    [],
  ],
])("%s", (_what, rule, live, problems) => {
  expect(found(rule, live)).toEqual(problems);
});

test("the EdgeWorkers that rules name, with the rule", () => {
  const rules = [
    { name: "A", edgeWorker: { edgeWorkerId: 4242 } },
    { name: "B", edgeWorker: { edgeWorkerId: 4343 } },
  ];
  const managed = compile(
    rules.map((rule) => ruleDeclaration.parse(rule)),
    owner,
  );
  expect([...edgeWorkersNamed(managed)]).toEqual([
    [4242, "A"],
    [4343, "B"],
  ]);
});
