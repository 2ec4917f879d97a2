// The sample of docs/verify.md, run as it stands there but for the addresses.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, test } from "node:test";
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.mjs";
import { REDIRECT, SERVER } from "./service.mjs";

const HTTP = { [oauth.allowInsecureRequests]: true };
const issuer = SERVER.href.replace(/\/$/, "");

const page = await readFile(new URL("../../docs/verify.md", import.meta.url), "utf8");
const [, sample] = page.match(/^```js\n(.*?)^```/ms);
const folder = await mkdtemp(new URL("./.page-", import.meta.url).pathname);
after(() => rm(folder, { recursive: true }));
await writeFile(
  `${folder}/check.mjs`,
  sample.replaceAll("https://id.example.com", issuer).replaceAll("https://orders.example.com", issuer),
);
const { check } = await import(`${folder}/check.mjs`);

async function tokens() {
  const as = await oauth.processDiscoveryResponse(SERVER, await oauth.discoveryRequest(SERVER, HTTP));
  const verifier = oauth.generateRandomCodeVerifier();
  const address = new URL(as.authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: "web",
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const client = { client_id: "web" };
  const landed = oauth.validateAuthResponse(as, client, await new Browser().allow(address), oauth.expectNoState);
  const secret = oauth.ClientSecretBasic("web-secret");
  const asked = await oauth.authorizationCodeGrantRequest(as, client, secret, landed, REDIRECT, verifier, HTTP);
  return oauth.processAuthorizationCodeResponse(as, client, asked);
}

const issued = await tokens();

test("jose lets an access token in", async () => {
  const { sub, client_id } = await check(issued.access_token);
  assert.equal(client_id, "web");
  assert.ok(sub);
});

for (const [name, wrong] of Object.entries({
  "an ID token": issued.id_token,
  "a refresh token": issued.refresh_token,
  "another signature": `${issued.access_token.slice(0, -8)}AAAAAAAA`,
  nothing: "",
})) {
  test(`jose keeps out: ${name}`, () => assert.rejects(check(wrong)));
}
