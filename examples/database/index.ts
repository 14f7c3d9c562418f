import { edgekv } from "pulumi-akamai-edge";

/** EdgeKV for the account: initialized where it is not yet, and left as it is where it is. */
export = async () => {
  const database = new edgekv.Database("edgekv", {});

  return {
    accountStatus: database.accountStatus,
    cpcode: database.cpcode,
    policy: database.policy,
  };
};
