import { z } from "zod";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { badRequest, notFound } from "../errors";
import {
  BASE,
  bodyOf,
  created,
  formatId,
  ownerFields,
  parseId,
  requireContractAndGroup,
  timestamp,
} from "../request";
import type { CpCode } from "../state";

const FIRST_ID = 980_001;

/** The products of every contract. */
const PRODUCTS = [
  ["Fresca", "Ion Standard"],
  ["SPM", "Ion Premier"],
  ["Site_Accel", "Dynamic Site Accelerator"],
  ["Download_Delivery", "Download Delivery"],
  ["Object_Delivery", "Object Delivery"],
] as const;

const NewCpCode = z.object({ productId: z.string().min(1), cpcodeName: z.string().min(1) });

const toJson = (context: RequestContext, { cpcodeId, cpcodeName, productId, createdAt }: CpCode) => ({
  cpcodeId: formatId(context, "cpCode", cpcodeId),
  cpcodeName,
  productIds: [formatId(context, "product", productId)],
  createdDate: timestamp(createdAt),
});

function toResponse(context: RequestContext, found: readonly CpCode[]): Response {
  const items = found.map((one) => toJson(context, one));
  return json(200, { ...ownerFields(context, requireContractAndGroup(context)), cpcodes: { items } });
}

function here(context: RequestContext): CpCode[] {
  const { contractId, groupId } = requireContractAndGroup(context);
  return (context.account.property.cpCodes ?? []).filter(
    (one) => one.contractId === contractId && one.groupId === groupId,
  );
}

/** One that does not exist is an empty list, as in the fixture "CP Code not found" of Akamai's Go client. */
function get(context: RequestContext): Response {
  const id = parseId("cpCode", param(context, "cpcodeId"));
  return toResponse(
    context,
    here(context).filter(({ cpcodeId }) => String(cpcodeId) === id),
  );
}

/** Names need not be unique. */
function create(context: RequestContext): Response {
  const place = requireContractAndGroup(context);
  const { account, now } = context;
  const { productId, cpcodeName } = bodyOf(context, NewCpCode);
  const all = account.property.cpCodes ?? [];
  const cpcodeId = FIRST_ID + all.length;
  const made = { ...place, cpcodeId, cpcodeName, productId: parseId("product", productId), createdAt: now };
  account.property.cpCodes = [...all, made];
  const { contractId, groupId } = ownerFields(context, place);
  const id = formatId(context, "cpCode", cpcodeId);
  return created("cpcodeLink", `${BASE}/cpcodes/${id}?contractId=${contractId}&groupId=${groupId}`);
}

function requireContract({ account, query }: RequestContext): string {
  if (!query.contractId) throw badRequest("contractId must be specified.");
  const contractId = parseId("contract", query.contractId);
  if (!account.contracts.some((one) => one.contractId === contractId)) throw notFound();
  return contractId;
}

function products(context: RequestContext): Response {
  const { account } = context;
  const contractId = requireContract(context);
  const items = PRODUCTS.map(([id, productName]) => ({
    productName,
    productId: formatId(context, "product", id),
  }));
  return json(200, {
    accountId: formatId(context, "account", account.accountId),
    contractId: formatId(context, "contract", contractId),
    products: { items },
  });
}

/** No account has includes. Akamai's Go client lists those of a contract, with or without a group. */
function includes(context: RequestContext): Response {
  if (context.query.groupId) requireContractAndGroup(context);
  else requireContract(context);
  return json(200, { includes: { items: [] } });
}

export const cpCodes: readonly Route[] = [
  {
    method: "GET",
    path: "/cpcodes",
    access: "read",
    handle: (context) => toResponse(context, here(context)),
  },
  { method: "POST", path: "/cpcodes", access: "write", handle: create },
  { method: "GET", path: "/cpcodes/:cpcodeId", access: "read", handle: get },
  { method: "GET", path: "/products", access: "read", handle: products },
  { method: "GET", path: "/includes", access: "read", handle: includes },
];
