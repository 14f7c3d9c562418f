/** Elements without an end tag. */
const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
export const isVoid = (name: string): boolean => VOID.has(name);

const BLOCKS =
  "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul";
/** For an open element: the start tags that close it. */
const CLOSED_BY: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    p: BLOCKS,
    li: "li",
    dt: "dt dd",
    dd: "dt dd",
    option: "option optgroup",
    optgroup: "optgroup",
    tr: "tr tbody tfoot thead",
    td: "td th tr tbody tfoot thead",
    th: "td th tr tbody tfoot thead",
    thead: "tbody tfoot",
    tbody: "tbody tfoot",
    head: "body",
  }).map(([name, closing]) => [name, new Set(closing.split(" "))]),
);

/** Whether a start tag ends an element that is open without an end tag. */
export const closes = (open: string, starting: string): boolean =>
  Object.hasOwn(CLOSED_BY, open) && (CLOSED_BY[open]?.has(starting) ?? false);
