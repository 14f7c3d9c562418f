/**
 * The steps of the demo, in their order. Each one goes on from the stack and the account that the one before
 * has left.
 */
import { isDeepStrictEqual } from "node:util";
import type { Deployment, Stack } from "@pulumi/pulumi/automation";
import { withoutManaged } from "../../provider/rules/foreignRules";
import { outputsOf, propertyChanges, type Run, watch } from "../engine";
import type { Account, LiveRead } from "./account";
import { count as rules } from "./site";
import { changesOf, expect, messagesOf, type Step } from "./step";
import { expectGreeting, expectOnly, greetedAgain, type Visitor } from "./visitor";

const word = { namespace: "greetings", group: "countries", key: "DE" };
const networks = ["staging", "production"] as const;

export function tour(stack: Stack, project: string, akamai: Account, visits: Visitor): Step[] {
  const preview = () => watch((onEvent) => stack.preview({ onEvent }));
  const up = () => watch((onEvent) => stack.up({ onEvent }));
  const refresh = () => watch((onEvent) => stack.refresh({ onEvent }));
  const destroy = () => watch((onEvent) => stack.destroy({ onEvent }));
  const set = (key: string, value: string) => stack.setConfig(`${project}:${key}`, { value });
  const count = ({ steps }: Run, op: string) => steps.filter((step) => step.op === op).length;
  let edgeWorkerId = 0;
  let made = 0;
  let theirTree: unknown;
  let before: LiveRead | undefined;
  let backup: Deployment | undefined;

  return [
    {
      title: "preview: everything to be created, and the rule that the property would get",
      act: preview,
      prove: (run) => {
        made = count(run, "create");
        expect(changesOf(run).length === made && made > 15, "everything to be created");
        const patch = messagesOf(run, /version 4 will be made from version 2|\+ Sites > Shop > Greeter/);
        return [`${made} to create`, ...patch.map((line) => line.trim())];
      },
    },
    {
      title: "up: words, tokens, code and rule go live, on staging and then on production",
      act: up,
      prove: async (run) => {
        expect(count(run, "create") === made, "all of it to be created");
        edgeWorkerId = (await outputsOf(stack)).edgeWorkerId?.value as number;
        for (const network of networks) {
          expect(
            (await akamai.site.live(network)) === 4,
            `version 4 of the property to be live on ${network}`,
          );
          const read = await akamai.readAsLiveCode(network, edgeWorkerId, word);
          expect(read.status === 200 && read.text === "Guten Tag", `the code on ${network} to read its word`);
          before = read;
        }
        const [were, are] = [await akamai.site.tree(2), await akamai.site.tree(4)];
        expect(rules(are) === rules(were) + 2, "one rule more, and the one for its failure");
        expect(
          isDeepStrictEqual(withoutManaged(are), were),
          "the rules of others to be as they were, to the letter",
        );
        return [
          `the live code reads countries/DE = ${before?.text}; ${rules(were)} rules of others are as they were, to the letter`,
          await expectGreeting(visits, "Guten Tag"),
        ];
      },
    },
    {
      title: "up again: nothing to do",
      act: up,
      prove: (run) => {
        expect(changesOf(run).length === 0, "nothing to be done");
        return ["no change"];
      },
    },
    {
      title:
        "others change things: the web team activates a new version, somebody changes a retention; refresh and preview",
      act: async () => {
        expect((await akamai.site.activateTheirs(4)) === 5, "their version to be the fifth");
        theirTree = await akamai.site.tree(5);
        await akamai.setRetention("staging", "greetings", 86_400);
        await refresh();
        return preview();
      },
      prove: (run) => {
        const changes = run.steps
          .filter(({ op }) => op === "update")
          .map((step) => `~ ${step.name}  ${propertyChanges(step).join()}`);
        expect(
          changes.includes("~ greetings-staging  retentionInSeconds: 86400 -> 0"),
          "the drift of the retention",
        );
        expect(
          changes.includes("~ site-staging  version: 4 -> 5"),
          "staging to follow the web team's version",
        );
        expect(changes.length === 2, "nothing else");
        return changes;
      },
    },
    {
      title: "up: the retention is restored, the web team's version stays",
      act: up,
      prove: async () => {
        expect(
          (await akamai.namespace("staging", "greetings"))?.retentionInSeconds === 0,
          "the retention to be as declared",
        );
        for (const network of networks)
          expect((await akamai.site.live(network)) === 5, "their version to be live");
        expect(
          isDeepStrictEqual(await akamai.site.tree(5), theirTree),
          "their rules to be as they saved them",
        );
        return ["version 5 of the property, which has the rule too, is live on both networks"];
      },
    },
    {
      title:
        "preview of two changes: another word, and the tokens may write; token, version and activation follow each other",
      act: async () => {
        await set("words", '{"US":"Hello","DE":"Hallo","JP":"こんにちは"}');
        await set("permissions", '["r","w"]');
        return preview();
      },
      prove: (run) => {
        const planned = run.steps
          .filter(({ op }) => op === "replace" || op === "update")
          .map(({ op, type }) => `${op} ${type}`);
        const wanted = [
          "replace edgekv:AccessToken",
          "replace edgeworkers:Version",
          "update edgekv:Item",
          "update edgeworkers:Activation",
        ];
        expect(
          [...new Set(planned)].sort().join() === wanted.join(),
          "tokens and versions to be replaced, items and activations updated",
        );
        return [...new Set(planned)].map(
          (step) => `${step.replace("replace", "+-").replace("update", "~")} on both networks`,
        );
      },
    },
    {
      title: "up: the rotation, without a moment in which live code holds a dead token",
      act: () => {
        akamai.clearJournal();
        return visits.during(up);
      },
      prove: async () => {
        const requests = akamai.changes();
        const last = (pattern: RegExp) => requests.findLastIndex((request) => pattern.test(request));
        const revoked = requests.findIndex((request) => /^DELETE .*\/tokens\//.test(request));
        for (const made of [/^POST .*\/tokens$/, /^POST .*\/versions$/, /^POST .*\/activations$/]) {
          expect(
            last(made) >= 0 && last(made) < revoked,
            "token, version, activation, and only then the revoke",
          );
        }
        const after = await akamai.readAsLiveCode("production", edgeWorkerId, word);
        expect(
          after.status === 200 && after.text === "Hallo" && after.reference !== before?.reference,
          "the new code to read with the new token",
        );
        const old = await akamai.readWithToken(before?.reference ?? "", "production", edgeWorkerId, word);
        expect(old.status === 401, "the old token to be dead");
        return [
          `version ${after.version} is live and reads countries/DE = ${after.text}; a read with the old token gets ${old.status}`,
          expectOnly(visits, ["Guten Tag", "Hallo"]),
        ];
      },
    },
    {
      title: "destroy with production live: the live code stays, with the token and the words that it reads",
      act: async () => {
        backup = await stack.exportStack();
        return destroy();
      },
      prove: async (run) => {
        expect(
          ((await stack.exportStack()).deployment?.resources ?? []).length <= 1,
          "nothing to be left in the state",
        );
        const lines = messagesOf(run, /^EdgeWorker .* stays live on production|To take everything down/).map(
          (line) => line.trim(),
        );
        const read = await akamai.readAsLiveCode("production", edgeWorkerId, word);
        expect(read.status === 200 && read.text === "Hallo", "the live code to read its word as before");
        return [...lines, `the live code gets ${read.status}, and reads countries/DE = ${read.text}`];
      },
    },
    {
      title:
        "to take everything down: the state from before is imported, and `greeter` off takes the rule off both networks",
      act: async () => {
        if (backup === undefined) throw new Error("there is no state from before");
        await stack.importStack(backup);
        // The state is older than the account: the token of staging is gone.
        await refresh();
        await set("greeter", "off");
        return up();
      },
      prove: async () => {
        const version = await akamai.site.live("production");
        expect(
          version > 5 && (await akamai.site.live("staging")) === version,
          "a new version to be live on both networks",
        );
        expect(
          isDeepStrictEqual(await akamai.site.tree(version), withoutManaged(await akamai.site.tree(5))),
          "the rules of others, to the letter",
        );
        return [`version ${version} of the property is live: all rules of others, and only those`];
      },
    },
    {
      title:
        "destroy: code deactivated, tokens revoked; the deletes of the namespaces are scheduled, not done",
      act: destroy,
      prove: async (run) => {
        const lines = messagesOf(run, /namespace .* will be deleted on/);
        expect(lines.length === 2, "both namespaces to be named with their time");
        for (const network of networks) {
          const status = (await akamai.namespace(network, "greetings"))?.namespaceStatus;
          expect(status === "DELETING", `the namespace on ${network} to wait for its deletion`);
        }
        expect((await akamai.remaining()).length === 0, "no EdgeWorker and no token to be left");
        return [`${count(run, "delete")} deleted`, ...lines.map((line) => line.replace(/\. Its data.*/, ""))];
      },
    },
    {
      title: "the same namespaces again: the scheduled deletes are cancelled",
      act: () => {
        const target = networks.map((network) => `**greetings-${network}`);
        return watch((onEvent) => stack.up({ onEvent, target: [...target, "**::edgekv"] }));
      },
      prove: async (run) => {
        const lines = messagesOf(run, /was cancelled/);
        expect(
          (await akamai.namespace("staging", "greetings"))?.namespaceStatus === "READY",
          "the namespace to be READY",
        );
        return lines;
      },
    },
    greetedAgain(() => set("greeter", "on").then(up), visits),
  ];
}
