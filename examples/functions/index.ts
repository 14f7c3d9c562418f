import { edgekv } from "pulumi-akamai-edge";

/** Reads what the account has: at once where that is possible, otherwise after a resource exists. */
export = async () => {
  // A promise. It works at preview, and on an account without EdgeKV too.
  const { accountStatus } = await edgekv.getDatabase();

  // The other functions need EdgeKV: they wait for an output of the database.
  const database = new edgekv.Database("edgekv", {});
  const groups = database.accountStatus.apply(() => edgekv.getAccessGroups());
  const groupId = groups.apply(([first]) => first?.groupId ?? 0);

  const features = new edgekv.Namespace(
    "features",
    { network: "staging", groupId, retentionInSeconds: 0 },
    { dependsOn: database },
  );
  const reader = new edgekv.AccessToken("features-reader", {
    allowOnStaging: true,
    namespacePermissions: features.name.apply((name) => ({ [name]: ["r"] })),
  });

  // `id` is unknown before `up`, so a preview does not ask for what does not exist yet.
  const live = features.id.apply(() => edgekv.getNamespace({ network: "staging", name: "features" }));
  const all = features.id.apply(() => edgekv.getNamespaces({ network: "staging" }));
  const token = edgekv.getAccessTokenOutput({ name: reader.id });

  // The text of edgekv_tokens.js, and the same parsed: by namespace, and secret like the text.
  const file = edgekv.tokensFile([reader]);
  const entries = file.apply(edgekv.readTokensFile);

  return {
    accountStatusBefore: accountStatus,
    groupNames: groups.apply((found) => found.map(({ groupName }) => groupName)),
    namespaces: all.apply((found) => found.map(({ name }) => name)),
    retentionInSeconds: live.retentionInSeconds,
    permissions: token.namespacePermissions,
    tokensFile: file,
    tokenNames: entries.apply((found) => Object.values(found).map(({ name }) => name)),
  };
};
