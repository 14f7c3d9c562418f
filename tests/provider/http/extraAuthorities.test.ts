import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

// Node.js reads the variable when it starts, so this takes a process of its own.
test("beside `caFile`, NODE_EXTRA_CA_CERTS still holds", () => {
  const folder = mkdtempSync(join(tmpdir(), "extra-authorities-"));
  try {
    const file = join(folder, "extra.pem");
    // Any certificate will do: what counts is that the list has it.
    writeFileSync(file, String(rootCertificates[0]));
    const agents = join(__dirname, "../../../dist/provider/http/agents.js");
    const program = `
      const tls = require("node:tls");
      const original = tls.createSecureContext;
      tls.createSecureContext = (options) => { console.log(options.ca.length - tls.rootCertificates.length); return original(options); };
      require(${JSON.stringify(agents)}).createAgent(tls.rootCertificates[1], undefined);`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
    const printed = execFileSync(process.execPath, ["-e", program], { env, encoding: "utf8" });
    // The extra one, and that of `caFile`.
    expect(printed.trim()).toBe("2");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
