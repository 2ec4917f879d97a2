// The quick start of openid-client's own page, in its order and with its names; `make run` serves
// http, which the library must be told to allow.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";
import { SERVER } from "./service.mjs";

let server = SERVER;
let clientId = "web";
let clientSecret = "web-secret";

let config = await client.discovery(server, clientId, clientSecret, undefined, {
  execute: [client.allowInsecureRequests],
});

for (let redirect_uri of ["http://localhost:3000/cb", "http://127.0.0.1:3000/callback"]) {
  test(`authorization code flow, back to ${redirect_uri}`, async () => {
    let scope = "openid email";
    let code_verifier = client.randomPKCECodeVerifier();
    let code_challenge = await client.calculatePKCECodeChallenge(code_verifier);
    let state;

    let parameters = { redirect_uri, scope, code_challenge, code_challenge_method: "S256" };

    if (!config.serverMetadata().supportsPKCE()) {
      state = client.randomState();
      parameters.state = state;
    }

    let redirectTo = client.buildAuthorizationUrl(config, parameters);
    let currentUrl = await new Browser().allow(redirectTo);

    let tokens = await client.authorizationCodeGrant(config, currentUrl, {
      pkceCodeVerifier: code_verifier,
      expectedState: state,
    });

    let { sub } = tokens.claims();
    let protectedResourceResponse = await client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(config.serverMetadata().userinfo_endpoint),
      "GET",
    );
    assert.deepEqual(await protectedResourceResponse.json(), {
      sub,
      email: "ada@example.com",
      email_verified: true,
    });
  });
}

test("device authorization grant", async () => {
  let scope = "openid";
  let response = await client.initiateDeviceAuthorization(config, { scope });
  await new Browser().connect(response.verification_uri, response.user_code);
  let tokens = await client.pollDeviceAuthorizationGrant(config, { ...response, interval: 0.01 });
  assert.ok(tokens.claims().sub);
});

test("client credentials grant", async () => {
  let scope = "orders.read";
  let resource = server.origin;
  let tokens = await client.clientCredentialsGrant(config, { scope, resource });
  assert.equal(tokens.scope, scope);
});
