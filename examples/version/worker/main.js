import { places } from "./places.js";

export function onClientRequest(request) {
  const place = places[request.path];
  if (place !== undefined) request.respondWith(301, { location: [place] }, "");
}
