/** Where answers are not as Akamai's OpenAPI files describe them, and why the files are taken to be behind or wrong. */
export interface Deviation {
  readonly product: "edgekv" | "edgeworkers" | "property";
  /** Method, path below the product's base, and status. */
  readonly where: RegExp;
  readonly what: RegExp;
  readonly reason: string;
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    product: "edgekv",
    where: / 401$/,
    what: /^the status is not described$/,
    reason: "the gateway before the API denies requests; its answers are in no file",
  },
  {
    product: "edgekv",
    where: /^GET \/networks\/\{network\}\/namespaces 400$/,
    what: /^the status is not described$/,
    reason:
      "before the database is initialized nothing else works; Akamai's guide has the words, no file has the answer",
  },
  {
    product: "edgekv",
    where: /^PUT \/initialize 200$/,
    what: /^the status is not described$/,
    reason: "Akamai's command line knows 200 as the answer to a repeated request",
  },
  {
    product: "edgekv",
    where:
      /^(DELETE \/networks\/staging\/namespaces\/[^/]+|\w+ \/networks\/staging\/namespaces\/[^/]+\/status\/scheduled-delete) \d+$/,
    what: /^the operation is not described$/,
    reason:
      "deletes of namespaces, and their schedule, are newer than the file; Akamai's Go and PowerShell clients have them",
  },
  {
    product: "edgekv",
    where: /^POST \/tokens\/[^/]+\/refresh \d+$/,
    what: /^the operation is not described$/,
    reason: "tokens that refresh are newer than the file; Akamai's guide and PowerShell client have them",
  },
  {
    product: "edgekv",
    where: /^PUT \/networks\/\{network\}\/namespaces\/\{namespaceId\} 409$/,
    what: /^the status is not described$/,
    reason:
      "the file has 400 for the update of a namespace that does not exist, fixtures of Akamai's Go client 409",
  },
  {
    product: "edgekv",
    where: /^\w+ \/networks\/\{network\}\/namespaces(\/\{namespaceId\})? 200$/,
    what: /must NOT have additional properties: (namespaceStatus|scheduledDeleteTime)$/,
    reason: "the status of a namespace is newer than the file; Akamai's guide and Go client have it",
  },
  {
    product: "edgekv",
    where: /^GET \/networks\/\{network\}\/namespaces 200$/,
    what: /^\/namespaces\/\* must have required property '(retentionInSeconds|groupId)'$/,
    reason:
      "without details a list has names only: so in fixtures of Akamai's Go client; the file describes the list with details",
  },
  {
    product: "edgekv",
    where:
      /^GET \/networks\/\{network\}\/namespaces\/\{namespaceId\}\/groups\/\{groupId\}\/items\/\{itemId\} 200$/,
    what: /^the media type text\/plain is not described$/,
    reason:
      "values that were written as text come back as text, as Akamai's examples show; the file has JSON only",
  },
  {
    product: "edgekv",
    where: /^GET \/networks\/\{network\}\/namespaces\/\{namespaceId\}\/groups 400$/,
    what: /^the status is not described$/,
    reason: "the error for a sandbox, and for namespaces that do not exist, is in Akamai's guide and clients",
  },
  {
    product: "edgekv",
    where: /^POST \/tokens 400$/,
    what: /^the status is not described$/,
    reason: "fixtures of Akamai's Go client have the validation error EKV_2000 here",
  },
  {
    product: "edgekv",
    where: /^(POST \/tokens|GET \/tokens\/\{tokenName\}) 200$/,
    what: /^ must have required property 'value'$/,
    reason: "since August 2024 a token is a reference and has no value; the file has the older generation",
  },
  {
    product: "edgekv",
    where: /^(POST \/tokens|GET \/tokens(\/\{tokenName\})?) 200$/,
    what: /must NOT have additional properties: (tokenActivationStatus|issueDate|latestRefreshDate|nextScheduledRefreshDate|cpcode|allowOn(Staging|Production)|namespacePermissions)$/,
    reason:
      "these members came with the tokens of August 2024, and are in Akamai's guide and Go client; the file has the older generation",
  },

  {
    product: "edgeworkers",
    where: / 4\d\d$/,
    what: /^the status is not described$/,
    reason:
      "the file describes success only; the errors are on a page of Akamai's documentation and in fixtures of its clients",
  },
  {
    product: "edgeworkers",
    where: /^GET \/groups(\/\{groupId\})? 200$/,
    what: /capabilities\/\* must be equal to one of the allowed values: VIEW, EDIT, VIEW_VERSION, CREATE_VERSION, VIEW_ACTIVATION, ACTIVATE$/,
    reason: "DELETE and DELETE_VERSION are in fixtures of Akamai's Go client",
  },
  {
    product: "edgeworkers",
    where: /^POST \/ids\/\{edgeWorkerId\}\/clone 200$/,
    what: /^the status is not described$/,
    reason: "the file has 201; Akamai's Go client takes 200 and nothing else",
  },
  {
    product: "edgeworkers",
    where: /^GET \/ids\/\{edgeWorkerId\} 200$/,
    what: /must NOT have additional properties: sourceEdgeWorkerId$/,
    reason:
      "the file has the member in the answer to the clone; in Akamai's Go client it belongs to every EdgeWorker ID that has a source",
  },
  {
    product: "edgeworkers",
    where: /^POST \/validations 200$/,
    what: /^\/(errors|warnings) must NOT have fewer than 1 items$/,
    reason: "the file demands findings of both kinds, which a good bundle does not have",
  },
  {
    product: "edgeworkers",
    where: /^GET \/ids\/\{edgeWorkerId\}\/(versions|activations) 200$/,
    what: /^\/(versions|activations) must NOT have fewer than 1 items$/,
    reason: "a new EdgeWorker ID has none; the file allows an empty list for deactivations alone",
  },
  {
    product: "edgeworkers",
    where: /^\w+ \/ids\/\{edgeWorkerId\}\/versions(\/\{version\})? 20[01]$/,
    what: /sequenceNumber must be string$/,
    reason: "it is a number in fixtures of Akamai's Go client, and its command line sorts by it as one",
  },
  {
    product: "edgeworkers",
    where: /^\w+ \/ids\/\d+\/(loggings(\/\d+)?|active-customers) \d+$/,
    what: /^the operation is not described$/,
    reason: "log levels and customers are in Akamai's command line alone",
  },
  {
    product: "edgeworkers",
    where: /^\w+ \/ids\/\{edgeWorkerId\}\/revisions(\/\{revisionId\}(\/(pin|unpin))?)? 200$/,
    what: /must NOT have additional properties: checksum$/,
    reason: "the file demands the checksum, has it in every example, and leaves it out of the members",
  },
  {
    product: "edgeworkers",
    where: /^GET \/ids\/\{edgeWorkerId\}\/revisions 200$/,
    what: /must NOT have additional properties: (un)?pin(Note|nedBy|nedTime)$/,
    reason:
      "the answers to a pin and to its end have these members, and a list that can be filtered by pins too",
  },
  {
    product: "edgeworkers",
    where: /^\w+ \/ids\/\{edgeWorkerId\}\/revisions\/\{revisionId\}\/(bom|compare) 200$/,
    what: /^\/dependencies must have required property '(edgeWorkerId|version|dependencies)'$/,
    reason: "the file describes a dependency where its examples have dependencies by their names",
  },
  {
    product: "edgeworkers",
    where: /^GET \/ids\/\{edgeWorkerId\}\/revisions\/activations 200$/,
    what: /^ must (have required property '\w+'|NOT have additional properties: revisionActivations)$/,
    reason: "the file describes one activation where its example has a list of them",
  },
  {
    product: "edgeworkers",
    where: /^GET \/reports\/\{reportId\} 200$/,
    what: /^(\/data.*| must NOT have additional properties: summaryStatistics)$/,
    reason:
      "the file demands that exactly one of several equal shapes fits; its own examples fit none, and Akamai's command line reads those",
  },

  {
    product: "property",
    where: / 401$/,
    what: /^ must NOT have additional properties: (method|serverIp|clientIp|requestId|requestTime)$/,
    reason: "the gateway before the API denies requests, with members of its own",
  },
  {
    product: "property",
    where: /^POST \/properties\/\{propertyId\}\/versions 412$/,
    what: /^the status is not described$/,
    reason:
      "the request names the etag of its source, and 412 is what etags are refused with; the file leaves out the answer",
  },
  {
    product: "property",
    where: /^GET \/properties\/\{propertyId\}\/versions(\/\{propertyVersion\})? 200$/,
    what: /^\/versions\/items\/\* must have required property 'note'$/,
    reason:
      "fixtures of Akamai's promotional deployment client have a version that was just made, without a note",
  },
  {
    product: "property",
    where: /^\w+ \/properties\/\{propertyId\}\/versions\/\{propertyVersion\}\/rules 200$/,
    what: /^(\/rules)? must NOT have additional properties: comments$/,
    reason:
      "the file says comment, requests and answers of Akamai's Terraform provider and Go client say comments",
  },
  {
    product: "property",
    where: /^\w+ \/properties\/\{propertyId\}\/versions\/\{propertyVersion\}\/rules 200$/,
    what: /^ must NOT have additional properties: (errors|warnings)$/,
    reason: "the examples beside the file have what is wrong with a tree in the answer",
  },
  {
    product: "property",
    where: / 400$/,
    what: /^\/errors\/\* must (NOT have additional properties: (location|errorLocation)|have required property '(type|title)')$/,
    reason:
      "fixtures of Akamai's promotional deployment client have the place and the detail of what does not match the schema",
  },
  {
    product: "property",
    where: /^DELETE \/properties\/\{propertyId\}\/activations\/\{activationId\} 422$/,
    what: /^ must (have required property '(errors|details|messageId|params|result)'|NOT have additional properties: detail)$/,
    reason:
      "the file knows 422 for an activation that is still pending; for one that is active Akamai's Go client knows the title Activation Unprocessable",
  },
  {
    product: "property",
    where: /^GET \/properties\/\{propertyId\}\/versions\/\{propertyVersion\}\/hostnames 200$/,
    what: /^ must NOT have additional properties: propertyName$/,
    reason: "Akamai's Go client has the member since version 14",
  },
  {
    product: "property",
    where: /^GET \/includes \d+$/,
    what: /^the operation is not described$/,
    reason: "the files at hand lack the path; Akamai's Go client has it",
  },
];
