import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/cloudreve.js";
import { bearing, told } from "./told.js";

type Pair = components["schemas"]["Token"];
const email = "ada@example.com";
const client = createClient<paths>({ baseUrl: told("SERVER") });

async function signedIn(): Promise<Pair> {
  const { data } = await client.POST("/session/token", {
    body: { email, password: "correct horse" },
  });
  assert(data && "data" in data && typeof data.data !== "string", JSON.stringify(data));
  return data.data.token;
}

async function refreshed(token: string): Promise<Pair | number> {
  const body = { refresh_token: token };
  const { data } = await client.POST("/session/token/refresh", { body });
  assert(data);
  return "data" in data ? data.data : data.code;
}

assert.equal((await client.GET("/site/ping")).data?.code, 0);
const prepared = await client.GET("/session/prepare", { params: { query: { email } } });
assert(prepared.data && "data" in prepared.data && prepared.data.data.password_enabled);
const wrong = await client.POST("/session/token", { body: { email, password: "wrong" } });
assert.notEqual(wrong.data?.code, 0);

const pair = await signedIn();
const person = await client.GET("/user/me", bearing(pair.access_token));
assert(person.data && "data" in person.data && person.data.data.email === email);

const fresh = await refreshed(pair.refresh_token);
assert(typeof fresh !== "number");
const ended = await client.DELETE("/session/token", {
  body: { refresh_token: fresh.refresh_token },
});
assert.equal(ended.data?.code, 0);
assert.equal(await refreshed(fresh.refresh_token), 40020);
