# `make` alone lists the targets. Python 3.11 or newer, its venv module and make are all it takes.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# A line for each package as pip takes it up; what goes wrong is on standard error. awk ends as pip did.
SHOW := awk '/^Collecting /{print "  " $$2; fflush()} /^pip ended with /{status = $$4} END{exit status}'
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
COMPILE := $(VENV)/lock/bin/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet

# Two more than there are processors, since tests wait for a third of their time.
WORKERS := import os; print(min(4, 2 + (os.cpu_count() or 1)))
IN_PARALLEL = --numprocesses $$($(BIN)/python -c '$(WORKERS)') --dist loadfile --no-loadscope-reorder
NODE := tests/node

# Real clients that `make test-clients` tries; CLIENTS="oauth2-proxy goth" chooses.
CLIENTS := mod_auth_openidc oauth2-proxy go-oidc goth openidconnect spring-security step \
	resource-server-go resource-server-java
BUILT := $(VENV)/clients
CHECKED_IN = $(patsubst resource-server-%,%,$(filter resource-server-%,$(CLIENTS)))
OAUTH2_PROXY := v7.15.6
STEP := v0.21.0

# Generators of clients that `make test-generated` tries; GENERATORS="openapi-typescript" chooses.
GENERATORS := openapi-python-client openapi-typescript openapi-generator
GENERATED := $(VENV)/generated
TYPESCRIPT := tests/generated/lives/openapi_typescript
OPENAPI_GENERATOR := 7.25.0

# Clients of vendors that `make test-vendors` runs, by the registry that has them; VENDORS="npm" chooses. "web" is
# Cloudreve's web front end, whose built files are in the folder that CLOUDREVE_WEB names.
VENDORS := npm pypi maven crates
CLOUDREVE_CLI := 0.13.2
INSTALLED := $(VENV)/vendors
GROUP := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]])

# The suites that look at every dialect; docs/new-dialect.md tells of them.
OF_DIALECTS := tests/architecture tests/dialects tests/docs tests/openapi \
	tests/cli/test_commands.py tests/core/test_policy.py tests/wire/test_growth.py \
	tests/http/test_examples.py tests/http/test_front_page.py tests/http/test_inspected_kinds.py \
	tests/http/test_openapi_to_try.py \
	tests/http/test_second_factor.py tests/http/test_unforeseen.py \
	tests/moving/compare/test_differences.py

# Tests start the command hundreds of times; it is compiled once, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run run-postgresql run-cluster test test-dialects test-browser test-proxies test-deploy test-clients test-vendors test-generated test-node test-redis test-faults lint mutants bench bench-people bench-sessions torture docs lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/setup ## make .venv with the command .venv/bin/reticket

run: setup ## start the service on 127.0.0.1:8088 with the demo directory
	@exec $(BIN)/reticket serve --demo

run-postgresql: $(VENV)/setup-test ## start two services over a PostgreSQL of their own, as one
	@exec $(BIN)/python -m demo postgresql

run-cluster: $(VENV)/setup-test ## start two services over a Valkey cluster of six, as one
	@exec $(BIN)/python -m demo cluster

test: $(VENV)/setup-test ## pass all tests; ARGS="-k word" chooses
	$(BIN)/python -m pytest $(IN_PARALLEL) $(ARGS)

test-dialects: $(VENV)/setup-test ## pass the suites that look at every dialect; ARGS="-k word" chooses
	$(BIN)/python -m pytest $(IN_PARALLEL) $(OF_DIALECTS) $(ARGS)

test-browser: $(VENV)/setup-test $(NODE)/node_modules/.package-lock.json ## pass the tests of the pages in Chromium (needs chromium, Node 20 or newer)
	RETICKET_BROWSER=1 $(BIN)/python -m pytest tests/browser $(ARGS)

test-proxies: $(VENV)/setup-test ## pass the tests behind Caddy, nginx and HAProxy, and of Java's client (needs all four)
	RETICKET_PROXIES=1 $(BIN)/python -m pytest tests/proxies $(ARGS)

test-deploy: $(VENV)/setup-deploy ## pass the tests of deploy/ and of the commands for moving (needs nginx, caddy, apache2, systemd, pipx, prometheus, curl, jq, redis-cli and more)
	RETICKET_DEPLOY=1 $(BIN)/python -m pytest tests/deploy $(ARGS)

test-clients: $(VENV)/setup-test $(CLIENTS:%=$(BUILT)/%) ## let real OpenID clients sign in; CLIENTS chooses (needs apache2 with mod_auth_openidc, Go, Cargo, Maven)
	RETICKET_CLIENTS='$(CLIENTS)' $(BIN)/python -m pytest tests/clients $(ARGS)
	$(if $(CHECKED_IN),RESOURCE_SERVERS='$(CHECKED_IN)' $(BIN)/python -m pytest tests/resource_servers)

test-generated: $(VENV)/setup-test $(GENERATORS:%=$(GENERATED)/%) ## let clients that are generated from the OpenAPI documents sign in; GENERATORS chooses (needs Node 20 or newer, Java, Maven)
	RETICKET_GENERATORS='$(GENERATORS)' $(BIN)/python -m pytest tests/generated $(ARGS)

test-vendors: $(VENV)/setup-test $(VENDORS:%=$(INSTALLED)/%/installed) ## run clients of vendors, unmodified; VENDORS chooses (needs Node 20, Java 17, Maven and Rust)
	RETICKET_VENDORS='$(VENDORS)' $(BIN)/python -m pytest tests/vendors $(ARGS)

test-node: $(VENV)/setup-test $(NODE)/node_modules/.package-lock.json ## let the OAuth libraries of Node 20 or newer judge the service
	$(BIN)/python -m tests.node
	RESOURCE_SERVERS=node $(BIN)/python -m pytest tests/resource_servers

test-faults: $(VENV)/setup-test ## kill, freeze, fill and restore each engine under load, once; start two services over each
	RETICKET_FAULTS=1 $(BIN)/python -m pytest tests/torture tests/demo tests/operation/faults $(ARGS)

test-redis: $(VENV)/setup-test ## pass the tests of Valkey's engine on the system's Redis (needs redis-server)
	RETICKET_FAULTS=1 RETICKET_SERVER=redis-server $(BIN)/python -m pytest tests/stores/valkey tests/torture/test_faults_valkey.py $(ARGS)

lint: $(VENV)/setup-test ## check style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

mutants: $(VENV)/setup-test ## break core and OAuth in small ways, and print what no test sees; ARGS chooses files
	$(BIN)/python -m tests.mutation $(ARGS)

bench: $(VENV)/setup-test ## measure refreshes per second on every engine (needs wrk)
	$(BIN)/python -m benchmarks $(ARGS)

torture: $(VENV)/setup-test ## every fault, again and again, under load; prints the table of them
	RETICKET_TORTURE=1 $(BIN)/python -m pytest tests/torture tests/model tests/fuzz $(ARGS)

bench-people: $(VENV)/setup-test ## import a million people on SQLite and PostgreSQL, kill an import and resume it
	$(BIN)/python -m benchmarks people $(ARGS)

bench-sessions: $(VENV)/setup-test ## import a million sessions of another system on every engine
	$(BIN)/python -m benchmarks sessions $(ARGS)

docs: $(VENV)/setup-test ## write the pages that are made from the code
	$(BIN)/python -m docs.generate

lock: $(VENV)/lock/bin/uv ## pin the dependencies anew; ARGS=--upgrade takes newer ones
	$(COMPILE) pyproject.toml --extra postgresql --extra valkey --group build --output-file requirements.lock $(ARGS)
	$(COMPILE) pyproject.toml --extra postgresql --extra valkey --group build --group test \
		--constraints requirements.lock --output-file requirements-test.lock $(ARGS)
	$(COMPILE) --group deploy --output-file requirements-deploy.lock $(ARGS)
	$(COMPILE) --group generated --output-file requirements-generated.lock $(ARGS)

clean: ## remove .venv and caches; ./data and ./data-demo stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Stamps: a second call has nothing to do until the project file or a lock changes.
$(VENV)/setup: pyproject.toml requirements.lock | $(VENV)/made
	@echo 'Installing what the service needs (requirements.lock):'
	@{ $(PIP) install --require-hashes --requirement requirements.lock; echo "pip ended with $$?"; } | $(SHOW)
	@$(PIP) --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/setup-test: $(VENV)/setup requirements-test.lock
	@echo 'Installing what the tests need beside (requirements-test.lock):'
	@{ $(PIP) install --require-hashes --requirement requirements-test.lock; echo "pip ended with $$?"; } | $(SHOW)
	@touch $@

# Programs that judge the files of deploy/, in a venv of their own: the service and its tests need none of them.
$(VENV)/setup-deploy: $(VENV)/setup-test requirements-deploy.lock
	$(BIN)/python -m venv --clear $(VENV)/deploy
	$(VENV)/deploy/bin/python -m pip --disable-pip-version-check --quiet install \
		--require-hashes --requirement requirements-deploy.lock
	@touch $@

# Generators of clients and what generated clients import, apart from the service as well.
$(GENERATED)/openapi-python-client: $(VENV)/setup-test requirements-generated.lock
	$(BIN)/python -m venv --clear $(GENERATED)
	$(GENERATED)/bin/python -m pip --disable-pip-version-check --quiet install \
		--require-hashes --requirement requirements-generated.lock
	@touch $@

$(GENERATED)/openapi-generator: $(GENERATED)/openapi-python-client
	@command -v mvn >/dev/null || { echo 'openapi-generator needs Java (11 or newer) and Maven' >&2; exit 1; }
	mvn --quiet --batch-mode dependency:copy -Dmdep.stripVersion=true -DoutputDirectory=$(abspath $(GENERATED)) \
		-Dartifact=org.openapitools:openapi-generator-cli:$(OPENAPI_GENERATOR)
	@touch $@

$(GENERATED)/openapi-typescript: $(TYPESCRIPT)/node_modules/.package-lock.json
	@mkdir -p $(GENERATED) && touch $@

%/node_modules/.package-lock.json: %/package.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { \
		echo 'this target needs Node 20 or newer, and npm' >&2; exit 1; }
	npm --prefix $* install --no-package-lock --no-audit --no-fund
	@touch $@

$(INSTALLED)/npm/installed: tests/vendors/node/package.json | $(VENV)/made
	@command -v npm >/dev/null || { echo 'the clients from npm need Node 20 or newer, and npm' >&2; exit 1; }
	mkdir -p $(@D) && cp tests/vendors/node/package.json $(@D)
	npm --prefix $(@D) install --no-package-lock --no-audit --no-fund
	@touch $@

$(INSTALLED)/pypi/installed: pyproject.toml | $(VENV)/made
	$(BIN)/python -m venv --clear $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install $$($(BIN)/python -c '$(GROUP)' vendors)
	@touch $@

$(INSTALLED)/maven/installed: $(wildcard tests/vendors/java/* tests/vendors/java/src/main/java/vendors/*) | $(VENV)/made
	@command -v mvn >/dev/null || { echo 'the clients from Maven need a JDK (17 or newer) and Maven' >&2; exit 1; }
	rm -rf $(@D) && mkdir -p $(@D) && cp -r tests/vendors/java/. $(@D)
	cd $(@D) && mvn --quiet --batch-mode package dependency:copy-dependencies -DoutputDirectory=target
	@touch $@

$(INSTALLED)/crates/installed: $(wildcard tests/vendors/rust/* tests/vendors/rust/src/* tests/vendors/rust/src/bin/*) | $(VENV)/made
	@command -v cargo >/dev/null || { echo 'the clients in Rust need Cargo' >&2; exit 1; }
	mkdir -p $(@D) && cp -r tests/vendors/rust/. $(@D)
	cd $(@D) && cargo build --quiet
	CARGO_TARGET_DIR=$(abspath $(@D))/target cargo install --quiet --debug --root $(@D) cloudreve-cli@$(CLOUDREVE_CLI)
	@touch $@

$(INSTALLED)/web/installed: | $(VENV)/made
	@[ -e '$(CLOUDREVE_WEB)/index.html' ] || { \
		echo 'CLOUDREVE_WEB must name the folder of a built web front end of Cloudreve' >&2; exit 1; }

# Clients are built outside the tree of sources: the lists of hashes that Go, Cargo and Maven write stay there.
$(BUILT)/mod_auth_openidc: | $(VENV)/made
	@ls /usr/lib/apache2/modules/mod_auth_openidc.so /usr/sbin/apache2 >/dev/null || { \
		echo 'mod_auth_openidc needs the packages apache2 and libapache2-mod-auth-openidc' >&2; exit 1; }
	@mkdir -p $(BUILT) && touch $@

$(BUILT)/oauth2-proxy: | $(VENV)/made
	@command -v go >/dev/null || { echo 'oauth2-proxy needs Go to be built' >&2; exit 1; }
	GOBIN=$(abspath $(BUILT)) go install github.com/oauth2-proxy/oauth2-proxy/v7@$(OAUTH2_PROXY)

$(BUILT)/step: | $(VENV)/made
	@command -v go >/dev/null || { echo 'step needs Go to be built' >&2; exit 1; }
	GOBIN=$(abspath $(BUILT)) go install github.com/smallstep/cli/cmd/step@$(STEP)

$(BUILT)/go-oidc $(BUILT)/goth: $(wildcard tests/clients/go/* tests/clients/go/*/*) | $(VENV)/made
	@command -v go >/dev/null || { echo '$(@F) needs Go to be built' >&2; exit 1; }
	rm -rf $(BUILT)/go && mkdir -p $(BUILT) && cp -r tests/clients/go $(BUILT)/go
	cd $(BUILT)/go && go build -mod=mod -o ../$(@F) ./$(@F)

$(BUILT)/openidconnect: $(wildcard tests/clients/rust/* tests/clients/rust/*/*) | $(VENV)/made
	@command -v cargo >/dev/null || { echo 'openidconnect needs Rust to be built, with Cargo' >&2; exit 1; }
	mkdir -p $(BUILT)/rust && cp -r tests/clients/rust/. $(BUILT)/rust
	cd $(BUILT)/rust && cargo build --quiet && cp target/debug/client ../openidconnect

$(BUILT)/spring-security: $(wildcard tests/clients/spring/* tests/clients/spring/src/main/java/clients/*) | $(VENV)/made
	@command -v mvn >/dev/null || { echo 'spring-security needs a JDK (17 or newer) and Maven to be built' >&2; exit 1; }
	rm -rf $(BUILT)/spring && mkdir -p $(BUILT) && cp -r tests/clients/spring $(BUILT)/spring
	cd $(BUILT)/spring && mvn --quiet --batch-mode package && cp target/client.jar ../spring-security

$(BUILT)/resource-server-go: | $(VENV)/made
	@command -v go >/dev/null || { echo 'resource-server-go needs Go to be built' >&2; exit 1; }
	@mkdir -p $(BUILT) && touch $@

$(BUILT)/resource-server-java: | $(VENV)/made
	@command -v mvn >/dev/null || { echo 'resource-server-java needs a JDK (17 or newer) and Maven' >&2; exit 1; }
	@mkdir -p $(BUILT) && touch $@

$(VENV)/made:
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'reticket needs Python 3.11 or newer with its venv module, and none of' \
			'$(PYTHONS) is one: install it, or name it with PYTHON=...' >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$python"; \
	$$python -m venv --clear $(VENV)
	@touch $@

$(VENV)/lock/bin/uv: | $(VENV)/made
	$(BIN)/python -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
