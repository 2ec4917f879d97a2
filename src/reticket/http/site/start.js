// Shows one document, and lets its examples work one after the other: what an answer gave stands
// in for the placeholders of the next request. Nothing is kept when the page is left.
"use strict";

const NAMES = /^(access|refresh)_?token$/i;
// Other names of tokens, each with its placeholder, as the document says.
let tokens = {};
// A label that holds its field has no words of its own.
const NAMED = { servers: "Server" };
const found = {};

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", shade);
shade();

function remember(said) {
  for (const [name, value] of Object.entries(said ?? {})) {
    const place = tokens[name] ?? NAMES.exec(name)?.[1].toUpperCase().concat("_TOKEN");
    if (place && typeof value === "string") found[place] = value;
    else if (typeof value === "object") remember(value);
  }
}

function filled(text) {
  for (const [place, token] of Object.entries(found)) {
    if (typeof text === "string") text = text.replaceAll(place, token);
  }
  return text;
}

function sent(request) {
  if (request.loadSpec) return request;
  request.url = filled(request.url);
  request.body = filled(request.body);
  for (const [name, value] of Object.entries(request.headers)) request.headers[name] = filled(value);
  return request;
}

function answered(response) {
  if (response.url.endsWith(viewer.dataset.document)) {
    response.text = withAddresses(JSON.parse(response.text));
  } else if (response.obj) {
    remember(response.obj);
    authorize();
  }
  return response;
}

// Requests that need a token carry the last one: an access token, unless the document says otherwise.
function authorize() {
  const schemes = ui.specSelectors.specJson().getIn(["components", "securitySchemes"]);
  schemes?.forEach((scheme, name) => {
    const value = scheme.get("x-reticket-value") ?? (scheme.get("scheme") === "bearer" ? "ACCESS_TOKEN" : "");
    if (filled(value) !== value) ui.preauthorizeApiKey(name, filled(value));
  });
}

// The document says where its paths begin; people read the whole address.
function withAddresses(said) {
  tokens = said["x-reticket-tokens"] ?? {};
  const whole = (server) => ({ ...server, url: new URL(server.url, location.origin).href.replace(/\/$/, "") });
  said.servers = said.servers.map(whole);
  return JSON.stringify(said);
}

// What the viewer leaves without a name for those who hear the page.
function named() {
  for (const field of viewer.querySelectorAll("select, input, textarea")) {
    const isNamed = field.ariaLabel || (field.labels.length && !NAMED[field.id]);
    if (isNamed) continue;
    const row = field.closest("tr, .opblock-section, .responses-inner");
    const near = row?.querySelector(".parameter__name, label, h4, h5, .opblock-section-header");
    field.ariaLabel = NAMED[field.id] || near?.textContent.trim() || field.placeholder || "value";
  }
  for (const button of viewer.querySelectorAll("button")) {
    if (!button.textContent.trim() && !button.ariaLabel) button.ariaLabel = button.title || "show or hide";
  }
}

const viewer = document.getElementById("viewer");
window.ui = SwaggerUIBundle({
  url: viewer.dataset.document,
  domNode: viewer.appendChild(document.createElement("div")),
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  requestInterceptor: sent,
  responseInterceptor: answered,
});
new MutationObserver(named).observe(viewer, { childList: true, subtree: true });
