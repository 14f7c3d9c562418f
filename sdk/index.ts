import "../provider/node";

export * as edgekv from "./edgekv";
