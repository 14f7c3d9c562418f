import { BlockList, isIP } from "node:net";

/** Whether an address is in one of several addresses and CIDR blocks, of IPv4 or IPv6. */
export function isInBlocks(address: string, blocks: readonly string[]): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const list = new BlockList();
  for (const block of blocks) {
    const [base = "", prefix] = block.trim().split("/");
    const kind = isIP(base);
    if (kind === 0) continue;
    const name = kind === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(base, name);
    else if (/^\d+$/.test(prefix) && Number(prefix) <= (kind === 6 ? 128 : 32))
      list.addSubnet(base, Number(prefix), name);
  }
  return list.check(address, family === 6 ? "ipv6" : "ipv4");
}
