/**
 * Which of several groups a key belongs to. Deployed workers contain the same function, so that it can never
 * change.
 */

/**
 * The shard of a key, 0 to `shards` - 1: the 32-bit FNV-1a hash of its characters, modulo `shards`. Keys are
 * ASCII.
 *
 * @example
 * edgekv.shardOf("about-us", 16); // 5
 */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shards;
}

/**
 * The group of a key of an `ItemGroup`: `group`, or with several shards one of `group-0`, `group-1` and so
 * on.
 */
export function shardGroup(group: string, key: string, shards = 1): string {
  return shards > 1 ? `${group}-${shardOf(key, shards)}` : group;
}

/** All groups of an `ItemGroup`. */
export function shardGroups(group: string, shards = 1): string[] {
  return shards > 1 ? Array.from({ length: shards }, (_, shard) => `${group}-${shard}`) : [group];
}

/** The source of `shardOf` and `shardGroup` for the code of a worker: a module without imports. */
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
