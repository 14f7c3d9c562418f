import { edgekv } from "pulumi-akamai-edge";

/** EdgeKV for the account: initialized when it is not yet, otherwise left as it is. */
export = async () => {
  const database = new edgekv.Database("edgekv", {});

  return {
    accountStatus: database.accountStatus,
    cpcode: database.cpcode,
    policy: database.policy,
  };
};
