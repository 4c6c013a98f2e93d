# Everything that a user or a contributor starts. The work is done by scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test lint format page sanitize embedding-model bench bench-retrieval release clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build and start Rill, then open the address it prints (ARGS="--port 9000")
	@exec scripts/run $(ARGS)

test: ## everything that has to pass before a change lands
	@exec scripts/test

lint: ## formatting, lint, types and documentation only
	@exec scripts/test lint

format: ## format the Swift and TypeScript sources in place
	@exec scripts/format

page: ## build the web page from frontend/ into Public/
	@scripts/setup page
	@exec node frontend/scripts/build.mjs

sanitize: ## run the Swift tests under Thread Sanitizer and Address Sanitizer (ARGS=thread for one)
	@exec scripts/sanitize $(ARGS)

embedding-model: ## install the model that finds passages by their meaning; `make run` does it by itself
	@exec scripts/embedding-model $(ARGS)

bench: ## measure speed side by side with others, a quarter of an hour (ARGS go to benchmarks/all and run)
	@scripts/setup run
	@exec benchmarks/all $(ARGS)

bench-retrieval: ## measure how well passages are found (ARGS go to benchmarks/retrieval/run)
	@scripts/setup run
	@scripts/build release --product rill
	@exec benchmarks/retrieval/run --rill .build/release/rill $(ARGS)

release: ## pack one static binary with the page into dist/
	@exec scripts/build-release

clean: ## remove what was built; keeps your data folder
	-@scripts/postgres remove
	rm -rf .build .build-* dist frontend/node_modules .tools
