import { edgekv } from "pulumi-akamai-edge";

/** What the account has: asked for at once where that is possible, and after a resource is there where it has to be. */
export = async () => {
  // A promise: works at preview too, on an account without EdgeKV as well.
  const { accountStatus } = await edgekv.getDatabase();

  // The other lookups need EdgeKV: they wait for an output of the database that is known when it is there.
  const database = new edgekv.Database("edgekv", {});
  const groups = database.accountStatus.apply(() => edgekv.getAccessGroups());
  const groupId = groups.apply(([first]) => first?.groupId ?? 0);

  const features = new edgekv.Namespace("features", { network: "staging", groupId, retentionInSeconds: 0 }, { dependsOn: database });
  const reader = new edgekv.AccessToken("features-reader", {
    allowOnStaging: true,
    namespacePermissions: features.name.apply((name) => ({ [name]: ["r"] })),
  });

  // `id` is not known before `up`, so that a preview does not ask for what is not there yet.
  const live = features.id.apply(() => edgekv.getNamespace({ network: "staging", name: "features" }));
  const all = features.id.apply(() => edgekv.getNamespaces({ network: "staging" }));
  const token = edgekv.getAccessTokenOutput({ name: reader.id });

  // The text of edgekv_tokens.js, and the same understood again: by namespace, secret like the text.
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
