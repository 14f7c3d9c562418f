export * as edgekv from "./edgekv";
