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

.PHONY: help core install test-c clean
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

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

test-c: $(C_TESTS:tests/c/%.c=$(BUILD)/tests/%) ## Criterion suites of the core
	@set -e; for t in $^; do echo "== $$t"; $$t --short-filename -j1 $(CRITERION_FLAGS); done

clean: ## removes everything built
	rm -rf build dist *.egg-info python/cormorant/*.so
