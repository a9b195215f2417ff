# Everything a person runs. `make run` for a demo mall, `make test` for every check, `make bench` for the numbers.
SHELL := /bin/bash
PORT ?= 8080
DATA ?= ./data
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
HEFANG := $(TARGET)/release/hefang

.PHONY: run web build test bench clean help

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | sort

run: build ## Build all, create the demo mall in ./data and serve it on 127.0.0.1:8080 (PORT= and DATA= to change)
	@exec $(HEFANG) demo --port $(PORT) --data $(DATA)

web: ## Build the storefront, the back office and the API documents
	@scripts/web.sh

build: web ## Build the server with the front ends inside
	@echo "==> server"
	@cargo build --release --bin hefang

test: ## Set up what is needed and run every check
	@scripts/test.sh

bench: build ## Measure, and print ratios
	@scripts/bench.sh

clean: ## Remove what was built (not ./data)
	rm -rf target web/*/dist web/*/node_modules web/packages/node_modules
