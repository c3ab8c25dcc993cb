# Cormorant. `make help` lists the targets; README.md explains the two that matter: `make run` and `make test`.
SHELL := /bin/bash
BUILD ?= build
PREFIX ?= /usr/local
CC ?= gcc
VERSION := $(shell sed -n 's/.*CM_VERSION_STRING "\(.*\)".*/\1/p' csrc/include/cormorant.h)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wno-missing-field-initializers $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
CORE_CFLAGS := -std=c11 $(CFLAGS) $(WARN) -fPIC -fvisibility=hidden -fno-semantic-interposition -pthread -Icsrc/include -Icsrc/src $(EXTRA_CFLAGS)
LIBS := -lsqlite3 -pthread -lm $(EXTRA_LIBS)

SOURCES := $(shell sed -e 's/\#.*//' -e '/^ *$$/d' csrc/sources.txt)
OBJECTS := $(SOURCES:%.c=$(BUILD)/core/%.o)
C_TESTS := $(wildcard tests/c/test_*.c)

VENV := .venv/bin
EXTENSION := $(BUILD)/.extension
EXTENSION_SOURCES := $(shell find csrc bindings -name '*.[ch]' -o -name '*.def' -o -name sources.txt) setup.py

.PHONY: help run serve screenshots test bench-flask bench-full bench-peers bench-c bench-plot core install extension test-c test-c-tiny test-asan test-valgrind fuzz test-examples-c test-python bench format lint clean
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

run: ## sets up, builds, loads the flights of 2013 into build/flights.db and asks questions of them (DB=postgresql, mariadb, mysql: a server of its own)
	@DB=$(DB) .ci/setup run
	@$(MAKE) --no-print-directory extension
	@PYTHONPATH=$(CURDIR)/python $(VENV)/python $(if $(filter postgresql mariadb mysql,$(DB)),-m tests.backends.server $(DB) $(VENV)/python -m examples.flights,-m examples.flights $(BUILD)/flights.db)

serve: ## sets up, builds, and starts the books example on port 4996
	@.ci/setup serve
	@$(MAKE) --no-print-directory extension
	@mkdir -p $(BUILD)
	@export PYTHONPATH=$(CURDIR)/python DATABASE_URL=$${DATABASE_URL:-sqlite:///$(BUILD)/books.db}; \
	 $(VENV)/python -m examples.books.fill && exec $(VENV)/python -m examples.books.app

screenshots: ## the pictures in docs/img, taken by the browser tests
	@.ci/setup test
	@$(MAKE) --no-print-directory extension
	@SCREENSHOTS=$(CURDIR)/docs/img $(MAKE) --no-print-directory test-python PYTEST_FLAGS="tests/apps/test_browser.py"

test: ## sets up and passes every test
	@.ci/setup test
	@$(MAKE) --no-print-directory extension
	@$(MAKE) --no-print-directory test-c test-examples-c
	@$(MAKE) --no-print-directory test-python

extension: $(EXTENSION) ## the CPython extension, in place (python/cormorant/_core*.so)
$(EXTENSION): $(EXTENSION_SOURCES)
	@mkdir -p $(BUILD)
	@echo "==> Building the extension"
	@$(VENV)/python setup.py -q build_ext --inplace --build-temp $(BUILD)/ext
	@touch $@

test-python: ## pytest over everything
	@PYTHONPATH=$(CURDIR)/python $(VENV)/python -m pytest $(PYTEST_FLAGS)

bench: ## ratios against SQLAlchemy and the sqlite3 module, under three minutes
	@.ci/setup test
	@$(MAKE) --no-print-directory extension
	@PYTHONPATH=$(CURDIR)/python $(VENV)/python -m benchmarks.python $(BENCH_FLAGS)

BENCH := PYTHONPATH=$(CURDIR)/python .venv-bench/bin/python -m benchmarks.python
bench-full: ## everyday work scenario by scenario: SQLAlchemy, the sqlite3 module, plain C; and on PostgreSQL and MariaDB where they are installed
	@.ci/setup run
	@.ci/setup bench
	@$(MAKE) --no-print-directory extension bench-c
	@$(BENCH) --all --json $(BUILD)/bench/full.json $(BENCH_FLAGS)
	@$(BENCH).postgresql --json $(BUILD)/bench/postgresql.json
	@$(BENCH).mariadb --json $(BUILD)/bench/mariadb.json

bench-peers: ## the operations of the public orm-benchmarks suite, on every ORM that installs (BENCH_FLAGS="--database postgresql")
	@.ci/setup run
	@.ci/setup bench
	@$(MAKE) --no-print-directory extension bench-c
	@$(BENCH).peers --json $(BUILD)/bench/peers.json $(BENCH_FLAGS)

bench-plot: ## the pictures of docs/performance.md, from build/bench/full.json and peers.json
	@.ci/setup bench
	@$(BENCH).plot $(BUILD)/bench/full.json docs/img/performance.png
	@$(BENCH).plot $(BUILD)/bench/peers.json docs/img/peers.png

bench-flask: ## requests per second and p99 of the example applications, on Flask-SQLAlchemy and here, in one run
	@.ci/setup test
	@$(MAKE) --no-print-directory extension
	@PYTHONPATH=$(CURDIR)/python $(VENV)/python -m benchmarks.python.flask_requests $(BENCH_FLAGS)

PQ := $(shell pkg-config --cflags --libs libpq 2>/dev/null)
C_LIMITS := $(BUILD)/bench/suite $(BUILD)/bench/world $(if $(PQ),$(BUILD)/bench/suite_pg)
BENCH_CC = mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) $(filter %.c,$^)
$(BUILD)/bench/%: benchmarks/c/%.c benchmarks/c/kit.c benchmarks/c/orders.c benchmarks/c/kit.h benchmarks/c/orders.h
	@$(BENCH_CC) -lsqlite3 -o $@
$(BUILD)/bench/suite_pg: benchmarks/c/suite_pg.c benchmarks/c/orders.c benchmarks/c/orders.h
	@$(BENCH_CC) $(PQ) -o $@
bench-c: $(C_LIMITS) ## the same work in plain C on SQLite's library, and on libpq where its headers are: the limit

test-c-tiny: ## the C suites again with tiny buffers, tables and batches
	@$(MAKE) --no-print-directory test-c BUILD=$(BUILD)/tiny EXTRA_CFLAGS="-DCM_TINY -DCM_DEBUG"

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
ASAN_PYTHON := $(abspath $(BUILD)/asan/python)
test-asan: ## C and Python suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@.ci/setup test
	@$(MAKE) --no-print-directory test-c BUILD=$(BUILD)/asan EXTRA_CFLAGS="$(SANITIZE) -fno-omit-frame-pointer -DCM_DEBUG" EXTRA_LIBS="$(SANITIZE)"
	@mkdir -p $(ASAN_PYTHON) && cp -r python/cormorant $(ASAN_PYTHON)/ && rm -f $(ASAN_PYTHON)/cormorant/*.so
	@CORMORANT_SANITIZE=address,undefined $(VENV)/python setup.py -q build_ext --build-lib $(ASAN_PYTHON) --build-temp $(BUILD)/asan/ext
	@LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \
	 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc PYTHONPATH=$(ASAN_PYTHON) \
	 $(VENV)/python -m pytest -p no:cacheprovider -o pythonpath="$(ASAN_PYTHON) ." tests/bindings tests/compile tests/python $(PYTEST_FLAGS)

VALGRIND := valgrind -q --error-exitcode=9 --trace-children=yes --num-callers=30 --leak-check=full --show-leak-kinds=definite \
  --errors-for-leak-kinds=definite --suppressions=tests/c/valgrind.supp
test-valgrind: $(C_TESTS:tests/c/%.c=$(BUILD)/tests/%) ## every C test body once under valgrind
	@set -e; for t in $^; do echo "== valgrind $$t"; CM_NO_OOM=1 $(VALGRIND) $$t -j1 --short-filename; done

FUZZ_TARGETS := url text scan list civil codec
FUZZ_SECONDS ?= 20
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJECTS := $(SOURCES:%.c=$(BUILD)/fuzz/core/%.o) $(BUILD)/fuzz/core/driver/scan.o
$(BUILD)/fuzz/core/%.o: csrc/src/%.c
	@mkdir -p $(@D)
	@clang -std=c11 -O1 -g -fsanitize=fuzzer-no-link $(FUZZ_SANITIZE) -MMD -MP -pthread -Icsrc/include -Icsrc/src -c $< -o $@
-include $(FUZZ_OBJECTS:.o=.d)
.SECONDARY: $(FUZZ_OBJECTS)
$(FUZZ_TARGETS:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: tests/fuzz/fuzz.c $(FUZZ_OBJECTS)
	@clang -std=c11 -O1 -g -fsanitize=fuzzer $(FUZZ_SANITIZE) -DTARGET=$* -Icsrc/include -Icsrc/src $^ $(LIBS) -o $@
fuzz: ## what reads bytes of people and servers, fed with any bytes: each target for FUZZ_SECONDS (libFuzzer, with the sanitizers)
	@.ci/setup lint
	@$(MAKE) --no-print-directory $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	@set -e; for t in $(FUZZ_TARGETS); do mkdir -p $(BUILD)/fuzz/corpus/$$t; echo "== fuzz $$t"; \
	 $(BUILD)/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -max_len=400 -timeout=5 -artifact_prefix=$(BUILD)/fuzz/$$t- -verbosity=0 -print_final_stats=1 \
	   $(BUILD)/fuzz/corpus/$$t tests/fuzz/seeds/$$t 2>&1 | tee $(BUILD)/fuzz/$$t.log | grep executed_units || { tail -30 $(BUILD)/fuzz/$$t.log; exit 1; }; \
	 ! grep -q '^SUMMARY' $(BUILD)/fuzz/$$t.log || { tail -30 $(BUILD)/fuzz/$$t.log; exit 1; }; done

C_EXAMPLES := $(patsubst examples/c/%.c,$(BUILD)/examples/%,$(wildcard examples/c/*.c))
$(BUILD)/examples/%: examples/c/%.c $(BUILD)/libcormorant.a
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CFLAGS) $(WARN) -Icsrc/include $< $(BUILD)/libcormorant.a $(LIBS) -o $@
test-examples-c: $(C_EXAMPLES) ## builds and runs the C examples
	@set -e; for e in $^; do echo "== $$e"; $$e; done

format: ## clang-format over the C files; headers are laid out by hand
	@clang-format -i $$(git ls-files 'csrc/src/*.c' 'bindings/*.c')

lint: ## static analysis, layout of C files and Python lints
	@.ci/setup lint
	@clang-format --dry-run -Werror $$(git ls-files 'csrc/src/*.c' 'bindings/*.c')
	@$(VENV)/ruff check python tests benchmarks examples setup.py
	@git ls-files 'csrc/src/*.c' | xargs -n 6 -P "$$(nproc)" sh -c 'clang-tidy --quiet "$$@" -- -std=c11 -Icsrc/include -Icsrc/src $$(pkg-config --cflags libpq libmariadb) 2>/dev/null' sh

core: $(BUILD)/libcormorant.a $(BUILD)/libcormorant.so ## libcormorant, static and shared, without Python

$(BUILD)/core/%.o: csrc/src/%.c
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -MMD -MP -c $< -o $@
-include $(OBJECTS:.o=.d)

$(BUILD)/libcormorant.a: $(OBJECTS) csrc/sources.txt
	@rm -f $@
	ar rcs $@ $(OBJECTS)

$(BUILD)/libcormorant.so: $(OBJECTS) csrc/sources.txt
	$(CC) -shared $(CFLAGS) $(EXTRA_CFLAGS) -Wl,-soname,libcormorant.so -o $@ $(OBJECTS) $(LIBS)

install: core ## library, headers and cormorant.pc into PREFIX
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	install -m 644 csrc/include/cormorant.h csrc/include/cormorant_ext.h csrc/include/cormorant_ops.def $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/libcormorant.a $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(BUILD)/libcormorant.so $(DESTDIR)$(PREFIX)/lib
	printf 'prefix=%s\nlibdir=$${prefix}/lib\nincludedir=$${prefix}/include\n\nName: cormorant\nDescription: ORM core in C\nVersion: %s\nRequires.private: sqlite3\nLibs: -L$${libdir} -lcormorant\nCflags: -I$${includedir}\n' '$(PREFIX)' '$(VERSION)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/cormorant.pc

$(BUILD)/tests/%: tests/c/%.c tests/c/harness.c tests/c/harness.h $(BUILD)/libcormorant.a
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -Wno-missing-prototypes -Itests/c $< tests/c/harness.c $(BUILD)/libcormorant.a -lcriterion $(LIBS) -o $@

$(BUILD)/tests/test_orm_%: tests/c/test_orm_%.c tests/c/harness.c tests/c/orm_world.c tests/c/orm_world.h tests/c/harness.h $(BUILD)/libcormorant.a
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -Wno-missing-prototypes -Itests/c $< tests/c/harness.c tests/c/orm_world.c $(BUILD)/libcormorant.a -lcriterion $(LIBS) -o $@

test-c: $(C_TESTS:tests/c/%.c=$(BUILD)/tests/%) ## Criterion suites of the core
	@set -e; for t in $^; do echo "== $$t"; $$t --short-filename -j1 $(CRITERION_FLAGS); done

clean: ## removes everything built
	rm -rf build dist *.egg-info python/cormorant/*.so
