import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./generated/akinon.js";
import { bearing, told } from "./told.js";

const client = createClient<paths>({ baseUrl: told("SERVER") });

const pair = await client.POST("/auth/login", {
  body: { username: "ada@example.com", password: "correct horse" },
});
assert(pair.data);
const profile = await client.GET("/profile/me", bearing(pair.data.accessToken));
assert.equal(profile.data?.user.email, "ada@example.com");

const fresh = await client.POST("/auth/refresh-token", {
  body: { refreshToken: pair.data.refreshToken },
});
assert(fresh.data);
const bearer = bearing(fresh.data.accessToken);
const body = { refreshToken: fresh.data.refreshToken };
assert.equal((await client.POST("/auth/logout", { body, ...bearer })).response.status, 204);
const refused = await client.POST("/auth/refresh-token", { body, ...bearer });
assert.equal(refused.response.status, 401);
assert(refused.error);
