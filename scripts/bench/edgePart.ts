/** The part of the page that `npm run bench:edge` writes. `npm run bench` leaves it as it is. */
const BEGIN = "<!-- Made by `npm run bench:edge`. Do not edit. -->";

export const edgePartOf = (page: string): string =>
  page.includes(BEGIN) ? page.slice(page.indexOf(BEGIN)) : "";

export const withEdgePart = (page: string, part: string): string =>
  `${(page.includes(BEGIN) ? page.slice(0, page.indexOf(BEGIN)) : page).trimEnd()}\n${part === "" ? "" : `\n${part}`}`;

export const edgePart = (text: string): string => `${BEGIN}\n\n${text.trimEnd()}\n`;
