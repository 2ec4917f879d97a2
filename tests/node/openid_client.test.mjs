// openid-client, an OpenID Connect client certified for FAPI: everything that it knows of us.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";
import { privateKey, REDIRECT, SERVER, SPA_REDIRECT } from "./service.mjs";

const SCOPE = "openid profile orders.read";
const NOT_ALLOWED = { error: "invalid_grant" };

const KINDS = {
  client_secret_basic: ["web", client.ClientSecretBasic("web-secret")],
  client_secret_post: ["web", client.ClientSecretPost("web-secret")],
  private_key_jwt: ["keyed", client.PrivateKeyJwt(await privateKey())],
  none: ["spa", client.None()],
};

function discover(id, authentication, algorithm) {
  const execute = [client.allowInsecureRequests];
  return client.discovery(SERVER, id, undefined, authentication, { execute, algorithm });
}

function placeOf(id) {
  return id === "spa" ? SPA_REDIRECT : REDIRECT;
}

async function signIn(config, { push = false, ...more } = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const asked = {
    redirect_uri: placeOf(config.clientMetadata().client_id),
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  };
  const address = push
    ? await client.buildAuthorizationUrlWithPAR(config, asked, more)
    : client.buildAuthorizationUrl(config, asked);
  const landed = await new Browser().allow(address);
  assert.equal(landed.searchParams.get("iss"), config.serverMetadata().issuer);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
  const checked = { ...checks, idTokenExpected: true };
  return client.authorizationCodeGrant(config, landed, checked, undefined, more);
}

for (const algorithm of ["oidc", "oauth2"]) {
  test(`discovery, ${algorithm}`, async () => {
    const config = await discover("web", client.ClientSecretBasic("web-secret"), algorithm);
    assert.equal(config.serverMetadata().issuer, SERVER.origin);
    assert.ok(config.serverMetadata().supportsPKCE());
  });
}

for (const [name, [id, authentication]] of Object.entries(KINDS)) {
  test(`${name}: code, ID token, user info, refresh, revocation`, async () => {
    const config = await discover(id, authentication);
    client.enableNonRepudiationChecks(config);
    const tokens = await signIn(config);
    const { sub, auth_time } = tokens.claims();
    const user = await client.fetchUserInfo(config, tokens.access_token, sub);
    assert.equal(user.name, "Ada Lovelace");

    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(renewed.refresh_token, tokens.refresh_token);
    assert.equal(renewed.claims().sub, sub);
    assert.equal(renewed.claims().auth_time, auth_time);

    const less = await client.refreshTokenGrant(config, renewed.refresh_token, { scope: "openid" });
    assert.equal(less.scope, "openid");

    await client.tokenRevocation(config, less.refresh_token);
    await assert.rejects(client.refreshTokenGrant(config, less.refresh_token), NOT_ALLOWED);
  });
}

for (const name of ["client_secret_basic", "client_secret_post", "private_key_jwt"]) {
  test(`${name}: client credentials, introspection`, async () => {
    const config = await discover(...KINDS[name]);
    const { access_token } = await client.clientCredentialsGrant(config, { scope: "orders.read" });
    const told = await client.tokenIntrospection(config, access_token);
    assert.equal(told.active, true);
    assert.equal(told.scope, "orders.read");
    await client.tokenRevocation(config, access_token);
    assert.deepEqual(await client.tokenIntrospection(config, access_token), { active: false });
  });
}

test("token exchange", async () => {
  const config = await discover(...KINDS.client_secret_basic);
  const { access_token } = await signIn(config);
  const exchanged = await client.genericGrantRequest(
    config,
    "urn:ietf:params:oauth:grant-type:token-exchange",
    {
      subject_token: access_token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience: "urn:reticket:tenant:1001",
      scope: "orders.read",
    },
  );
  const told = await client.tokenIntrospection(config, exchanged.access_token);
  assert.equal(told.tid, "1001");
});

test("pushed authorization request", async () => {
  const config = await discover(...KINDS.client_secret_basic);
  assert.ok((await signIn(config, { push: true })).id_token);
});

test("DPoP: a public client's tokens are bound to its key", async () => {
  const config = await discover("native", client.None());
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const tokens = await signIn(config, { DPoP });
  assert.equal(tokens.token_type, "dpop");
  const { sub } = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
  assert.equal(user.sub, sub);

  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const stolen = tokens.refresh_token;
  await assert.rejects(client.refreshTokenGrant(config, stolen, {}, { DPoP: other }), NOT_ALLOWED);
  const renewed = await client.refreshTokenGrant(config, stolen, {}, { DPoP });
  assert.notEqual(renewed.refresh_token, stolen);
});

test("DPoP: a nonce that has run out is asked for anew, and the library does it by itself", async () => {
  const config = await discover("native", client.None());
  const keys = await client.randomDPoPKeyPair();
  const tokens = await signIn(config, { DPoP: client.getDPoPHandle(config, keys) });
  const said = [];
  const late = (header, proof) => {
    proof.nonce ??= "run-out";
    said.push(proof.nonce);
  };
  const DPoP = client.getDPoPHandle(config, keys, { [client.modifyAssertion]: late });
  assert.ok(await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP }));
  assert.equal(said.length, 2);
  assert.equal(said[0], "run-out");
  assert.notEqual(said[1], "run-out");
});

test("FAPI 2.0: private_key_jwt, pushed requests, DPoP, no rotation", async () => {
  const config = await discover("fapi", client.PrivateKeyJwt(await privateKey()));
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const tokens = await signIn(config, { push: true, DPoP });
  assert.equal(tokens.token_type, "dpop");
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
  assert.ok(renewed.refresh_token && again.refresh_token);
});
