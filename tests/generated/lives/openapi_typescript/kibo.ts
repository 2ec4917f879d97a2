import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./generated/kibo.js";
import { bearing, told } from "./told.js";

const ADA = { emailAddress: "ada@example.com", password: "correct horse" };
const OWN = { client_id: "ns.app.1.0.0.Release", client_secret: "s3cret" };
const JOAN = { username: "joan@example.com", password: "hut eight" };
const SHOP = { "x-vol-tenant": 1000, "x-vol-site": 2000 };
const client = createClient<paths>({ baseUrl: told("SERVER") });

async function application(): Promise<void> {
  const begun = await client.POST("/platform/applications/authtickets", {
    body: { applicationId: OWN.client_id, sharedSecret: OWN.client_secret },
  });
  const token = begun.data?.refreshToken;
  assert(begun.data?.accessToken && token);
  const bearer = bearing(begun.data.accessToken);
  const refresh = () =>
    client.PUT("/platform/applications/authtickets/refresh-ticket", {
      body: { refreshToken: token },
      ...bearer,
    });
  assert((await refresh()).data?.accessToken);
  const ended = await client.DELETE("/platform/applications/authtickets/{refreshToken}", {
    params: { path: { refreshToken: token } },
  });
  assert.equal(ended.response.status, 200);
  assert((await refresh()).error?.errorCode);
}

async function applicationByOauth(): Promise<void> {
  const begun = await client.POST("/platform/applications/authtickets/oauth", {
    body: { grant_type: "client_credentials", ...OWN },
  });
  assert(begun.data?.refresh_token);
  const fresh = await client.POST("/platform/applications/authtickets/oauth", {
    body: { grant_type: "refresh_token", refresh_token: begun.data.refresh_token, ...OWN },
  });
  assert(fresh.data?.access_token);
}

async function developer(): Promise<void> {
  const path = "/platform/developer/authtickets";
  const begun = await client.POST(path, {
    params: { query: { developerAccountId: 77 } },
    body: ADA,
  });
  assert(begun.data?.accessToken);
  const bearer = bearing(begun.data.accessToken);
  const fresh = await client.PUT(path, {
    params: { query: { developerAccountId: 78 } },
    body: begun.data,
    ...bearer,
  });
  assert(fresh.data?.refreshToken);
  assert.equal(fresh.data.account?.id, 78);
  const query = { refreshToken: fresh.data.refreshToken };
  assert.equal((await client.DELETE(path, { params: { query } })).response.status, 200);
  assert((await client.PUT(path, { body: fresh.data, ...bearer })).error?.errorCode);
}

async function adminUser(): Promise<void> {
  const path = "/platform/adminuser/authtickets/tenants";
  const begun = await client.POST(path, { params: { query: { tenantId: 1000 } }, body: ADA });
  assert(begun.data?.accessToken);
  const bearer = bearing(begun.data.accessToken);
  const fresh = await client.PUT(path, {
    params: { query: { tenantId: 1001 } },
    body: begun.data,
    ...bearer,
  });
  assert(fresh.data?.refreshToken);
  assert.equal(fresh.data.tenant?.id, 1001);
  const query = { refreshToken: fresh.data.refreshToken };
  const ended = await client.DELETE("/platform/adminuser/authtickets", { params: { query } });
  assert.equal(ended.response.status, 200);
  assert((await client.PUT(path, { body: fresh.data, ...bearer })).error?.errorCode);
}

async function shoppers(): Promise<void> {
  const shop = await client.POST("/platform/applications/authtickets", {
    body: { applicationId: OWN.client_id, sharedSecret: OWN.client_secret },
  });
  assert(shop.data?.accessToken);
  const bearer = bearing(shop.data.accessToken);
  const own = { params: { header: SHOP }, ...bearer };
  const nobody = await client.GET("/commerce/customer/authtickets/anonymousshopper", own);
  assert(nobody.data?.customerAccount?.isAnonymous);
  const joan = await client.POST("/commerce/customer/authtickets", { body: JOAN, ...own });
  assert.equal(joan.data?.customerAccount?.emailAddress, JOAN.username);
  for (const { data } of [nobody, joan]) {
    assert(data?.refreshToken);
    const said = { params: { header: SHOP, query: { refreshToken: data.refreshToken } }, ...bearer };
    const refresh = () => client.PUT("/commerce/customer/authtickets/refresh", said);
    assert.equal((await refresh()).data?.userId, data.userId);
    const ended = await client.DELETE("/commerce/customer/authtickets", said);
    assert.equal(ended.response.status, 200);
    assert((await refresh()).error?.errorCode);
  }
}

await application();
await applicationByOauth();
await developer();
await adminUser();
await shoppers();
