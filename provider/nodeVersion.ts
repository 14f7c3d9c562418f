/** Says what is wrong before an older Node fails with something that nobody understands. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  throw new Error(
    `pulumi-akamai-edge needs Node.js 22.12 or newer; this is ${process.versions.node} (${process.execPath}). Put a newer one first on PATH.`,
  );
}
