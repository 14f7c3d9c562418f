import { createHash } from "node:crypto";
import { bundle } from "./support/bundle";
import { Workers } from "./support/worker";

let workers: Workers;
afterEach(() => workers.close());

test("from nothing to a live version, and back", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  const body = await bundle();
  const uploaded = await workers.upload(id, body);
  expect([uploaded.status, uploaded.json]).toEqual([
    201,
    {
      edgeWorkerId: id,
      version: "1.0",
      accountId: "A-CCT1234",
      checksum: createHash("sha256").update(body).digest("hex"),
      sequenceNumber: 1,
      createdBy: "default",
      createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    },
  ]);
  expect((await workers.get(`/ids/${id}/versions/1.0/content`)).bytes).toEqual(body);
  const activation = await workers.activate(id, "1.0");
  expect([activation.status, activation.json.status]).toEqual([201, "PRESUBMIT"]);
  expect(await workers.status(id, 1)).toBe("COMPLETE");
  expect(await workers.live(id)).toBe("1.0");
  expect((await workers.deactivate(id, "1.0")).json).toMatchObject({
    deactivationId: 1,
    status: "PRESUBMIT",
  });
  expect(await workers.live(id)).toBeUndefined();
  expect((await workers.send("DELETE", `/ids/${id}/versions/1.0`)).status).toBe(204);
  expect((await workers.send("DELETE", `/ids/${id}`)).status).toBe(204);
  expect((await workers.get("/ids")).json).toEqual({ edgeWorkerIds: [] });
});
