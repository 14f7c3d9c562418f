/**
 * Loaded before a program of a user: the stack gets a `Provider`, so that the native plugin serves all of its resources. The program itself stays as it is. The
 * account is that of the environment, and the settings are those of the stack config.
 */
const pulumi = require("@pulumi/pulumi");

const { getProvider } = pulumi.Resource.prototype;
let account;

pulumi.Resource.prototype.getProvider = function (type) {
  const own = getProvider.call(this, type);
  if (own !== undefined || !type.startsWith("akamai-edge:")) return own;
  account ??= require("../../dist/scripts/nativeProgram").accountProvider();
  return account;
};
