import { finished, terminal } from "../../scripts/picture/terminal";

test("of what the engine prints, the steps, outputs and counts stay, without progress and times", () => {
  const printed = `Updating (demo):
@ updating....
    pulumi:pulumi:Stack geo-greeting-demo running
 ++ pulumi-nodejs:dynamic/edgekv:AccessToken reader creating replacement (0s) [diff: ~name]
 ++ pulumi-nodejs:dynamic/edgekv:AccessToken reader created replacement (1s) [diff: ~name]
 ~  pulumi-nodejs:dynamic/edgeworkers:Activation shop updated (0.00s) [diff: ~version]
    pulumi:pulumi:Stack geo-greeting-demo
Outputs:
  ~ token: "reader-1" => "reader-2"

Resources:
    ~ 1 updated

Duration: 6s
`;
  expect(finished(printed)).toEqual([
    " ++ pulumi-nodejs:dynamic/edgekv:AccessToken reader created replacement [diff: ~name]",
    " ~  pulumi-nodejs:dynamic/edgeworkers:Activation shop updated [diff: ~version]",
    "Outputs:",
    '  ~ token: "reader-1" => "reader-2"',
    "Resources:",
    "    ~ 1 updated",
  ]);
});

test("a terminal is a well-formed image that has every line, whatever is in it", () => {
  const svg = terminal('a "title"', [
    { command: "$ pulumi preview", lines: ['  ~ token: "a" => <b> & c'] },
    { command: "$ pulumi up", lines: [" +  made"] },
  ]);
  expect(svg).toContain("~ token: &quot;a&quot; =&gt; &lt;b&gt; &amp; c");
  expect(svg).toContain('aria-label="a &quot;title&quot;"');
  // Two commands, two lines, and a blank line between the blocks.
  expect(svg.match(/<text /g)?.length).toBe(5);
  expect(svg.replace(/&(?:amp|lt|gt|quot);/g, "")).not.toMatch(/&/);
});
