import "../provider/node";

export * as edgekv from "./edgekv";
export * as edgeworkers from "./edgeworkers";
export * as property from "./property";
