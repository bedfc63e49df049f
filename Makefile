# Every target does its own set-up, can be repeated, and can be interrupted and repeated.
SHELL := /bin/bash
.DEFAULT_GOAL := help
TARGET := $(or $(CARGO_TARGET_DIR),target)
# A Postgres of the tests' own, so that they and the demo do not meet.
TEST_PROJECT := .nightdesk/test
# Tests and the program share one build of the libraries, which is most of what there is to compile. Only this
# crate is compiled anew for the tests: unoptimised, which takes a quarter of the time, and with every assertion. The
# finished files go to a folder of their own, or the slow program would take the place of target/release/nightdesk.
TESTED := --release $(foreach setting,opt-level=0 debug-assertions=true overflow-checks=true,--config profile.release.package.nightdesk.$(setting))
FOR_TESTS := CARGO_BUILD_BUILD_DIR=$(TARGET) CARGO_TARGET_DIR=$(TARGET)/tested
WITH_POSTGRES := $(TARGET)/tested/release/nightdesk --project $(TEST_PROJECT) postgres exec -- env $(FOR_TESTS)
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
TESTS := $(if $(NEXTEST),cargo nextest run,cargo test) $(TESTED)
DENY := $(shell cargo deny --version >/dev/null 2>&1 && echo yes)

.PHONY: help demo test test-web test-api screenshots chaos check setup setup-runtime setup-model setup-postgres setup-pooler setup-browser setup-briefs model test-export build fmt clippy doc deny sqlx sqlx-check tested-binary picture samples bench bench-desk bench-clone clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup build ## one night in a few minutes: real briefs, the real model, scored drafts
	$(TARGET)/release/nightdesk demo

test: test-export setup-runtime setup-model setup-postgres setup-pooler tested-binary ## every test, on a Postgres of their own, the desk in a real browser
	@scripts/setup-browser.sh --or-skip
	@packages=$$(scripts/setup-schemathesis.sh --or-skip) && \
	$(WITH_POSTGRES) $${packages:+NIGHTDESK_SCHEMATHESIS=$$packages} $(TESTS)

test-web: setup-browser setup-postgres tested-binary ## the review desk in a real Chromium, by keyboard, with axe-core; pictures into target/web
	$(WITH_POSTGRES) NIGHTDESK_BROWSER=1 cargo test $(TESTED) --test web

test-api: setup-postgres tested-binary ## the API, by requests that schemathesis makes from its OpenAPI document
	@packages=$$(scripts/setup-schemathesis.sh) && \
	$(WITH_POSTGRES) NIGHTDESK_SCHEMATHESIS=$$packages cargo test $(TESTED) --test it -- web::api::document --nocapture

screenshots: setup-browser setup-postgres tested-binary ## docs/desk-*.png, the pictures of the desk
	$(WITH_POSTGRES) NIGHTDESK_BROWSER=1 cargo test $(TESTED) --test web -- pictures
	@cp target/web/queue-light-1280.png docs/desk-queue.png
	@cp target/web/draft-light-1280.png docs/desk-draft.png
	@cp target/web/draft-dark-1280.png docs/desk-draft-dark.png
	@cp target/web/draft-light-360.png docs/desk-draft-narrow.png

chaos: setup-runtime setup-model setup-postgres tested-binary ## the queue's promises at length: real processes, kills, crashes of Postgres, jumping clocks
	$(WITH_POSTGRES) NIGHTDESK_CHAOS=1 cargo test $(TESTED) --test it -- promises --nocapture --test-threads 1

check: fmt clippy doc sqlx-check deny ## formatting, lints, documentation, recorded queries, dependencies

setup: setup-runtime setup-model setup-postgres setup-briefs ## fetch and make what the demo needs

setup-runtime: ## ONNX Runtime's library into .nightdesk/runtime
	@scripts/setup-runtime.sh

setup-model: ## the default model into models/smollm2-135m-instruct
	@scripts/setup-model.sh

setup-postgres: ## Postgres, where it is missing and one is root
	@scripts/setup-postgres.sh

setup-pooler: ## PgBouncer for the tests, where it is missing and one is root
	@scripts/setup-postgres.sh --pooler

setup-browser: ## Chromium and axe-core for the browser tests, where they are missing and one is root
	@scripts/setup-browser.sh

setup-briefs: ## sample briefs from public data into .nightdesk/briefs
	@scripts/setup-briefs.sh

model: ## a model of yours: make model SOURCE=FILE-OR-FOLDER NAME=name [PRECISION=int8|int4|fp32]
	@scripts/import-model.sh '$(SOURCE)' '$(NAME)' --precision $(or $(PRECISION),int8)

test-export: ## the exporter, on tiny models
	@scripts/test-export.sh

build: ## the binary, target/release/nightdesk
	cargo build --release

fmt:
	cargo fmt --check

clippy:
	cargo clippy --release --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS='-D warnings' cargo doc --release --no-deps --document-private-items

deny:
ifeq ($(DENY),yes)
	cargo deny check bans licenses sources
else
	@echo 'cargo-deny is not installed: dependencies were not checked (cargo install cargo-deny)'
endif

sqlx-check: setup-postgres tested-binary
	$(WITH_POSTGRES) scripts/sqlx.sh --check

sqlx: setup-postgres tested-binary ## renew .sqlx after a query or a migration changed
	$(WITH_POSTGRES) scripts/sqlx.sh

tested-binary:
	@mkdir -p $(TEST_PROJECT)
	$(FOR_TESTS) cargo build $(TESTED)

samples: setup-runtime setup-model build ## templates/samples: one draft of each template by the default model
	$(TARGET)/release/nightdesk templates sample

picture: build ## docs/demo.svg, the picture in the README
	scripts/picture.sh

bench: setup build ## measure this machine: target/bench/results.json, and the results in docs/BENCHMARKS.md
	@mkdir -p .nightdesk/bench
	$(TARGET)/release/nightdesk --project .nightdesk/bench postgres exec -- python3 scripts/bench/bench.py --binary $(TARGET)/release/nightdesk

bench-desk: setup-postgres build ## the review desk at 100,000 open items and a million drafts
	@mkdir -p .nightdesk/bench
	$(TARGET)/release/nightdesk --project .nightdesk/bench postgres exec -- python3 scripts/bench/desk.py --binary $(abspath $(TARGET))/release/nightdesk

bench-clone: ## measure clone to first draft: minutes, in a folder of its own
	@scripts/bench/clone.sh

clean: ## remove what was built; fetched and made files stay
	cargo clean
