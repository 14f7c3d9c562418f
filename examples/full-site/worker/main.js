import { EdgeKV } from "./edgekv.js";

const greetings = new EdgeKV("greetings", "countries");

/** Answers every request with the greeting of the visitor's country. */
export async function onClientRequest(request) {
  const country = request.userLocation?.country ?? "US";
  const greeting = await greetings.text(country, "Hello");
  request.respondWith(200, { "content-type": ["text/plain; charset=utf-8"] }, greeting);
}
