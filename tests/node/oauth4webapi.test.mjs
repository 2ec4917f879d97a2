// oauth4webapi, which does nothing by itself and forgives nothing: request by request.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.mjs";
import { REDIRECT, SERVER } from "./service.mjs";

const HTTP = { [oauth.allowInsecureRequests]: true };
const WEB = { client_id: "web" };
const SECRET = oauth.ClientSecretBasic("web-secret");
const NATIVE = { client_id: "native" };

async function discovered(algorithm = "oidc") {
  const answer = await oauth.discoveryRequest(SERVER, { ...HTTP, algorithm });
  return oauth.processDiscoveryResponse(SERVER, answer);
}

const AS = await discovered();

async function codeOf(client) {
  const [verifier, nonce, state] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomNonce(),
    oauth.generateRandomState(),
  ];
  const address = new URL(AS.authorization_endpoint);
  address.search = new URLSearchParams({
    ...client,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid orders.read",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
  });
  const landed = await new Browser().allow(address);
  return { parameters: oauth.validateAuthResponse(AS, client, landed, state), verifier, nonce };
}

async function signIn(client, authentication, more = {}) {
  const { parameters, verifier, nonce } = await codeOf(client);
  const options = { ...HTTP, ...more };
  const answer = await oauth.authorizationCodeGrantRequest(
    AS, client, authentication, parameters, REDIRECT, verifier, options,
  );
  return oauth.processAuthorizationCodeResponse(AS, client, answer, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
}

async function refresh(client, authentication, token, more = {}) {
  const options = { ...HTTP, ...more };
  const answer = await oauth.refreshTokenGrantRequest(AS, client, authentication, token, options);
  return oauth.processRefreshTokenResponse(AS, client, answer);
}

for (const algorithm of ["oidc", "oauth2"]) {
  test(`discovery, ${algorithm}`, async () => {
    assert.equal((await discovered(algorithm)).issuer, SERVER.origin);
  });
}

test("code with PKCE, a nonce and an issuer; refresh, introspection, revocation", async () => {
  const tokens = await signIn(WEB, SECRET);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const told = await oauth.userInfoRequest(AS, WEB, tokens.access_token, HTTP);
  assert.equal((await oauth.processUserInfoResponse(AS, WEB, sub, told)).sub, sub);

  const renewed = await refresh(WEB, SECRET, tokens.refresh_token);
  const about = await oauth.introspectionRequest(AS, WEB, SECRET, renewed.refresh_token, HTTP);
  assert.equal((await oauth.processIntrospectionResponse(AS, WEB, about)).active, true);

  const gone = await oauth.revocationRequest(AS, WEB, SECRET, renewed.refresh_token, HTTP);
  assert.equal(await oauth.processRevocationResponse(gone), undefined);
  const after = await oauth.introspectionRequest(AS, WEB, SECRET, renewed.access_token, HTTP);
  assert.deepEqual(await oauth.processIntrospectionResponse(AS, WEB, after), { active: false });
});

test("the ID token's signature is made by a published key", async () => {
  const { parameters, verifier, nonce } = await codeOf(WEB);
  const answer = await oauth.authorizationCodeGrantRequest(
    AS, WEB, SECRET, parameters, REDIRECT, verifier, HTTP,
  );
  const options = { expectedNonce: nonce, requireIdToken: true };
  await oauth.processAuthorizationCodeResponse(AS, WEB, answer, options);
  await oauth.validateApplicationLevelSignature(AS, answer, HTTP);
});

test("pushed authorization request", async () => {
  const pushed = new URLSearchParams({
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid",
    code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
    code_challenge_method: "S256",
  });
  const answer = await oauth.pushedAuthorizationRequest(AS, WEB, SECRET, pushed, HTTP);
  const { request_uri } = await oauth.processPushedAuthorizationResponse(AS, WEB, answer);
  const address = new URL(AS.authorization_endpoint);
  address.search = new URLSearchParams({ ...WEB, request_uri });
  assert.ok((await new Browser().allow(address)).searchParams.get("code"));
});

test("device code", async () => {
  const scope = new URLSearchParams({ scope: "openid" });
  const asked = await oauth.deviceAuthorizationRequest(AS, WEB, SECRET, scope, HTTP);
  const said = await oauth.processDeviceAuthorizationResponse(AS, WEB, asked);
  await new Browser().connect(said.verification_uri, said.user_code);
  const answer = await oauth.deviceCodeGrantRequest(AS, WEB, SECRET, said.device_code, HTTP);
  assert.ok((await oauth.processDeviceCodeResponse(AS, WEB, answer)).id_token);
});

test("an access token is a JWT that a resource server can check (RFC 9068)", async () => {
  const { access_token } = await signIn(WEB, SECRET);
  const asked = new Request("https://orders.example.com/", {
    headers: { authorization: `Bearer ${access_token}` },
  });
  const claims = await oauth.validateJwtAccessToken(AS, asked, AS.issuer, HTTP);
  assert.equal(claims.client_id, "web");
  assert.equal(claims.scope, "openid orders.read");
  await assert.rejects(oauth.validateJwtAccessToken(AS, asked, "https://else.example.com", HTTP));
});

test("DPoP, nonces included, and a resource server that wants the proof", async () => {
  const keys = await oauth.generateKeyPair("ES256");
  const DPoP = oauth.DPoP(NATIVE, keys);
  const tokens = await signIn(NATIVE, oauth.None(), { DPoP });
  assert.equal(tokens.token_type, "dpop");

  let runOut = true;
  const late = oauth.DPoP(NATIVE, keys, {
    [oauth.modifyAssertion]: (header, proof) => {
      if (runOut) proof.nonce = "run-out";
    },
  });
  const again = () => refresh(NATIVE, oauth.None(), tokens.refresh_token, { DPoP: late });
  const refused = await again().catch((error) => error);
  assert.ok(oauth.isDPoPNonceError(refused));
  runOut = false;
  const renewed = await again();
  assert.equal(renewed.token_type, "dpop");

  const url = new URL("https://orders.example.com/");
  const headers = new Headers();
  let proven;
  await oauth.protectedResourceRequest(renewed.access_token, "GET", url, headers, null, {
    DPoP,
    [oauth.customFetch]: async (address, options) => {
      proven = new Request(address, { headers: options.headers });
      return new Response("");
    },
  });
  const claims = await oauth.validateJwtAccessToken(AS, proven, AS.issuer, {
    ...HTTP,
    requireDPoP: true,
  });
  assert.ok(claims.cnf.jkt);
});
