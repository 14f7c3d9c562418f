/** Builds elements. Texts are set as texts: nothing that an account holds becomes markup. */

/**
 * @param {string} name
 * @param {Record<string, string | number | boolean | undefined>} attributes
 * @param {...(Node | string | number | undefined | null | false)} children
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children)
    if (child !== undefined && child !== null && child !== false && child !== "")
      made.append(child instanceof Node ? child : String(child));
  return made;
}

/** A table whose rows stand below each other on a narrow screen. Explicit roles: `display` would take them away. */
export function table(label, heads, rows) {
  const head = el(
    "tr",
    { role: "row" },
    ...heads.map((text) => el("th", { scope: "col", role: "columnheader" }, text)),
  );
  const body = rows.map((cells) =>
    el(
      "tr",
      { role: "row" },
      ...cells.map((cell, at) =>
        el("td", { role: "cell", "data-label": heads[at] }, ...(Array.isArray(cell) ? cell : [cell])),
      ),
    ),
  );
  return el(
    "div",
    { class: "wide" },
    el(
      "table",
      { role: "table", "aria-label": label },
      el("thead", { role: "rowgroup" }, head),
      el("tbody", { role: "rowgroup" }, ...body),
    ),
  );
}

export const list = (texts) => el("ul", {}, ...texts.map((text) => el("li", {}, text)));
export const code = (text) => el("span", { class: "code" }, text);
export const whole = (text) => el("span", { class: "whole" }, text);
export const none = (text) => el("p", { class: "soft" }, text);

/** A part that opens and closes. It stays as it was when the section is drawn again. */
export function foldable(key, summary, ...children) {
  return el("details", { "data-key": key }, el("summary", {}, ...summary), ...children);
}

/** `1 item`, `2 items`. */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

const drawn = new Map();

/** Draws a section when its data changed. Open parts stay open, and the focus stays where it was. */
export function draw(id, data, make) {
  const text = JSON.stringify(data);
  if (drawn.get(id) === text) return;
  drawn.set(id, text);
  const content = document.querySelector(`#${id} .content`);
  const open = new Set([...content.querySelectorAll("details[open]")].map(({ dataset }) => dataset.key));
  const focused = document.activeElement?.closest("details")?.dataset.key;
  const hadFocus = content.contains(document.activeElement);
  content.replaceChildren(...make(data));
  for (const details of content.querySelectorAll("details")) {
    if (open.has(details.dataset.key)) details.open = true;
    if (hadFocus && details.dataset.key === focused) details.querySelector("summary")?.focus();
  }
}
