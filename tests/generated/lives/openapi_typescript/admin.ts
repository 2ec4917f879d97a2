import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./generated/admin.js";
import type { components, paths as OauthPaths } from "./generated/oauth.js";
import { bearing, told } from "./told.js";

type Form = components["schemas"]["TokenForm"];
const oauth = createClient<OauthPaths>({
  baseUrl: told("OAUTH_SERVER"),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
});
const asked = (body: Form) => oauth.POST("/oauth/token", { body });

const own = await asked({
  grant_type: "client_credentials",
  scope: "admin",
  client_id: "operator",
  client_secret: told("OPERATOR_SECRET"),
});
assert(own.data, JSON.stringify(own.error));
const client = createClient<paths>({ baseUrl: told("SERVER"), ...bearing(own.data.access_token) });

const started = await client.POST("/sessions", {
  body: { client_id: "spa", user: "ada@example.com" },
});
assert(started.data?.refresh_token, JSON.stringify(started.error));
const refreshed = (token: string) =>
  asked({ grant_type: "refresh_token", refresh_token: token, client_id: "spa" });
const fresh = await refreshed(started.data.refresh_token);
assert(fresh.data?.refresh_token);

const listed = await client.GET("/sessions", { params: { query: { client: "spa", live: true } } });
assert(listed.data?.items.length);
for (const { id } of listed.data.items) {
  const ended = await client.DELETE("/sessions/{id}", { params: { path: { id } } });
  assert.equal(ended.response.status, 204);
}
assert.equal((await refreshed(fresh.data.refresh_token)).error?.error, "invalid_grant");
