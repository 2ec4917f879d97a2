// Reads lines `way kind token`, and says what the program of the page says.
import { createInterface } from "node:readline";
import * as check from "./check.mjs";

const ways = {
  published: check.byPublishedKeys,
  introspection: check.byIntrospection,
  shared: check.bySharedKey,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [way, kind, token] = line.split(" ");
  const said = await ways[way](kind, token).then(
    (claims) => `ok ${claims.sub}`,
    (error) => `no ${error.name}`,
  );
  process.stdout.write(`${said}\n`);
}
