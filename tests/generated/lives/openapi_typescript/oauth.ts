import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/oauth.js";
import { bearing, told } from "./told.js";

type Form = components["schemas"]["TokenForm"];
const WEB = { client_id: "web", client_secret: "web-secret" };
const CODE = {
  code: told("CODE"),
  code_verifier: told("VERIFIER"),
  redirect_uri: told("REDIRECT"),
};
const client = createClient<paths>({
  baseUrl: told("SERVER"),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
});
const asked = (form: Form) => client.POST("/oauth/token", { body: { ...form, ...WEB } });

const metadata = await client.GET("/.well-known/oauth-authorization-server");
assert.equal(metadata.data?.issuer, told("SERVER"));
assert((await client.GET("/.well-known/jwks.json")).data?.keys.length);

const tokens = await asked({ grant_type: "authorization_code", ...CODE });
assert(tokens.data?.refresh_token, JSON.stringify(tokens.error));
const person = await client.GET("/oauth/userinfo", bearing(tokens.data.access_token));
assert(person.data);

const fresh = await asked({
  grant_type: "refresh_token",
  refresh_token: tokens.data.refresh_token,
});
assert(fresh.data?.refresh_token);
const seen = await client.POST("/oauth/introspect", {
  body: { token: fresh.data.access_token, ...WEB },
});
assert(seen.data?.active);

const token = fresh.data.refresh_token;
await client.POST("/oauth/revoke", { body: { token, ...WEB } });
const refused = await asked({ grant_type: "refresh_token", refresh_token: token });
assert.equal(refused.error?.error, "invalid_grant");
