export function onClientRequest(request) {
  request.respondWith(418, {}, "I am a teapot");
}
