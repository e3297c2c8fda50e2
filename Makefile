# Few and obvious: what a developer does, and what continuous integration does.
GO       ?= go
# gotestsum names every skipped test and why, where go test alone stays silent.
TESTSUM  ?= $(GO) tool gotestsum --format pkgname-and-test-fails --packages ./...
# Not called LINT: make has a LINT of its own, which ?= would leave as it is.
GOLANGCI ?= $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 20s

.PHONY: build test lint bench fuzz demo

build: ## the binary, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -o tlsfault ./cmd/tlsfault

test: ## every test; what the machine lacks is skipped and named
	$(TESTSUM) -- -timeout 20m

lint:
	$(GOLANGCI) run ./...

bench: ## figures are ratios within one run
	$(GO) test -run '^$$' -bench . -benchtime 1s ./...

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p; \
		done; \
	done

demo: ## Go's client refuses what it must; curl -k accepts everything
	$(GO) run ./cmd/tlsfault run
	-$(GO) run ./cmd/tlsfault run --scenario 'validity/**' -- curl -sk {url}
