import assert from "node:assert/strict";
import { encodeEvent, Subscribers } from "../../../src/report/dashboard/subscribers.ts";

Deno.test("Subscribers.send() reaches everybody who listens, until they leave", async () => {
  const subscribers = new Subscribers();
  const [first, second] = [subscribers.add("a"), subscribers.add("b")];
  subscribers.send("1");
  assert.equal(subscribers.count, 2);
  await second!.cancel();
  assert.equal(subscribers.count, 1);
  subscribers.send("2");
  subscribers.close();
  assert.equal(subscribers.count, 0);
  assert.equal(await new Response(first).text(), "a12");
});

Deno.test("Subscribers.send() gives up whoever does not read, and keeps no more for them", async () => {
  const subscribers = new Subscribers();
  const asleep = subscribers.add(""), awake = new Response(subscribers.add("")).text();
  for (let i = 0; i < 2000; i++) {
    subscribers.send("x");
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  assert.equal(subscribers.count, 1);
  subscribers.close();
  assert.equal((await awake).length, 2000);
  const { length } = await new Response(asleep).text();
  assert.ok(length >= 1000 && length < 1100, `${length}`);
});

Deno.test("encodeEvent() is one event, whatever is in it", () => {
  const data = { text: "a\n\ndata: b\r\n" };
  const event = encodeEvent(7, "step", data);
  const [, json] = /^id: 7\nevent: step\ndata: (.+)\n\n$/.exec(event)!;
  assert.deepEqual(JSON.parse(json!), data);
});
