// A browser without a window: reads the form of a real page, fills it in, sends it, and stops
// where it would leave the service.
import assert from "node:assert/strict";

export const ADA = { email: "ada@example.com", password: "correct horse" };

const UNESCAPED = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

function unescaped(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => UNESCAPED[name] ?? whole);
}

function attributes(tag) {
  const pairs = [...tag.matchAll(/([\w-]+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, unescaped(value)]));
}

function formOf(html) {
  const { action, method } = attributes(html.match(/<form [^>]*>/)[0]);
  assert.equal(method, "post");
  const inputs = [...html.matchAll(/<input [^>]*>/g)].map(([tag]) => attributes(tag));
  const fields = Object.fromEntries(inputs.map((input) => [input.name, input.value ?? ""]));
  const buttons = [...html.matchAll(/<button [^>]*>/g)].map(([tag]) => attributes(tag));
  return { action, fields, buttons };
}

// Where a page sends the browser, or null. After a form that needed no consent it goes by the header Refresh.
function leftFor({ location, refresh }) {
  return location ?? (refresh ? refresh.slice(refresh.indexOf("url=") + 4) : null);
}

export class Browser {
  #cookies = {};

  async allow(url) {
    let page = await this.#open(url);
    if (!leftFor(page) && "email" in formOf(page.html).fields) {
      page = await this.#signIn(page);
    }
    const left = leftFor(page) ?? leftFor(await this.#send(page, { answer: "allow" }));
    assert.ok(left, page.html);
    return new URL(left);
  }

  async connect(url, userCode) {
    const page = await this.#signIn(await this.#send(await this.#open(url), { user_code: userCode }));
    const last = await this.#send(page, { answer: "allow" });
    assert.equal(last.status, 200, last.html);
  }

  #signIn(page) {
    assert.equal(page.status, 200, page.location ?? page.html);
    return this.#send(page, ADA);
  }

  #send(page, filled) {
    const { action, fields, buttons } = formOf(page.html);
    for (const [name, value] of Object.entries(filled)) {
      const isButton = buttons.some((each) => each.name === name && each.value === value);
      assert.ok(name in fields || isButton, `no ${name} on ${page.html}`);
    }
    const body = new URLSearchParams({ ...fields, ...filled });
    return this.#open(new URL(action, page.url), { method: "POST", body });
  }

  async #open(url, options = {}) {
    const cookie = Object.entries(this.#cookies).map((pair) => pair.join("=")).join("; ");
    const answer = await fetch(url, { ...options, headers: { cookie }, redirect: "manual" });
    for (const said of answer.headers.getSetCookie()) {
      const [name, value] = said.split(";")[0].split("=");
      this.#cookies[name] = value;
    }
    const { status, headers } = answer;
    const [location, refresh] = ["location", "refresh"].map((name) => headers.get(name));
    return { url, status, location, refresh, html: await answer.text() };
  }
}
