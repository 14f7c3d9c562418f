/** Which of several groups a key belongs to. What is here is written in every worker that reads such groups: it stays as it is for ever. */

/**
 * The shard of a key, 0 to `shards` - 1: FNV-1a over the key's characters, in 32 bits, and the remainder. Keys of items have no characters beyond ASCII.
 *
 * @example
 * edgekv.shardOf("about-us", 16); // 5
 */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shards;
}

/** The group that a key of an `ItemGroup` is in: `group`, or one of `group-0`, `group-1` and so on where there are several shards. */
export function shardGroup(group: string, key: string, shards = 1): string {
  return shards > 1 ? `${group}-${shardOf(key, shards)}` : group;
}

/** All groups of an `ItemGroup`. */
export function shardGroups(group: string, shards = 1): string[] {
  return shards > 1 ? Array.from({ length: shards }, (_, shard) => `${group}-${shard}`) : [group];
}

/** The first two for the code of a worker, as a module without imports. */
export const shardsModule = `// The group that an item is in, where a group is spread over several. Made by pulumi-akamai-edge: it has to find the same as what wrote the items.
export function shardOf(key, shards) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shards;
}

export function shardGroup(group, key, shards = 1) {
  return shards > 1 ? \`\${group}-\${shardOf(key, shards)}\` : group;
}
`;
