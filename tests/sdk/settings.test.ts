import { settingKeys } from "../../provider/config/settings";
import { nearest } from "../../provider/errors/nearest";
import { unknownSettings } from "../../sdk/settings";

test.each([
  [
    "akamai-edge:secton",
    "there is no setting akamai-edge:secton, so it has no effect; did you mean akamai-edge:section?",
  ],
  [
    "akamai-edge:cafile",
    "there is no setting akamai-edge:cafile, so it has no effect; did you mean akamai-edge:caFile?",
  ],
  [
    "akamai-edge:colour",
    /^there is no setting akamai-edge:colour, so it has no effect; there are akamai-edge:host, /,
  ],
])("%s has no effect, and a warning", (key, warning) => {
  expect(unknownSettings(["aws:region", key])).toEqual([
    typeof warning === "string" ? warning : expect.stringMatching(warning),
  ]);
});

test("known settings and those of others give no warning", () => {
  expect(unknownSettings([...settingKeys.map((key) => `akamai-edge:${key}`), "shop:secton"])).toEqual([]);
});

test.each([
  ["regoin", "region"],
  ["Region", "region"],
  ["x", undefined],
  ["", undefined],
  ["r".repeat(1_000_000), undefined],
])("nearest to %j", (name, found) => {
  expect(nearest(name, ["region", "zone"])).toBe(found);
});

test.each([
  ["retention", "retentionInSeconds"],
  ["Retention", "retentionInSeconds"],
  ["deletoin", "deletion"],
  ["groupid", "groupId"],
  ["group", "groupId"],
  ["ret", undefined],
  ["allow", undefined],
])("what %s begins", (name, found) => {
  const known = ["deletion", "retentionInSeconds", "groupId", "allowOnStaging", "allowOnProduction"];
  expect(nearest(name, known)).toBe(found);
});
