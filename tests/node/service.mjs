// What the program that starts the service says of it.
import { webcrypto } from "node:crypto";

export const SERVER = new URL(process.env.RETICKET_URL);
export const REDIRECT = "http://127.0.0.1:3000/cb";
export const SPA_REDIRECT = "http://127.0.0.1:5173/callback";

export async function privateKey() {
  const jwk = JSON.parse(process.env.RETICKET_KEY);
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await webcrypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
  return { key, kid: jwk.kid };
}
