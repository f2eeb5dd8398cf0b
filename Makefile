# Everything here goes through build-aux/devenv, which brings what the system lacks. README.md explains.
DEVENV := build-aux/devenv
PREFIX ?= /usr/local
DESTDIR ?=
APP_ID := io.github.telecast.Telecast
RELEASE := target/release/telecast
# What is installed; another one that is there already is not built.
BINARY ?= $(RELEASE)
SOURCES := Cargo.toml Cargo.lock $(wildcard build.rs) $(shell find src proto -type f 2>/dev/null)

# Below $(PREFIX).
DESKTOP_FILE := share/applications/$(APP_ID).desktop
METAINFO := share/metainfo/$(APP_ID).metainfo.xml
ICON := share/icons/hicolor/scalable/apps/$(APP_ID).svg
SYMBOLIC_ICON := share/icons/hicolor/symbolic/apps/$(APP_ID)-symbolic.svg
INSTALLED := bin/telecast $(DESKTOP_FILE) $(METAINFO) $(ICON) $(SYMBOLIC_ICON)

.PHONY: all run demo test test-desktop bench bench-links bench-network install uninstall clean

all: $(RELEASE)

$(RELEASE): $(SOURCES)
	$(DEVENV) cargo build --release --locked
	@touch $@

# make run ARGS="devices --json"
run:
	$(DEVENV) --for run cargo run --release --locked -- $(ARGS)

demo:
	demo/run

test:
	$(DEVENV) --for test build-aux/test

test-desktop:
	$(DEVENV) --for test build-aux/test-desktop

bench:
	$(DEVENV) --for test build-aux/bench

# make bench-links ARGS="loss2 relay"
bench-links:
	$(DEVENV) --for test cargo bench --locked --bench links -- $(ARGS)

# make bench-network ARGS="--profile loss5_rtt5 --seeds 4"
bench-network:
	build-aux/bench-network $(ARGS)

install: $(BINARY)
	install -Dm755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/telecast
	install -Dm644 data/$(APP_ID).desktop $(DESTDIR)$(PREFIX)/$(DESKTOP_FILE)
	install -Dm644 data/$(APP_ID).metainfo.xml $(DESTDIR)$(PREFIX)/$(METAINFO)
	install -Dm644 data/icons/$(APP_ID).svg $(DESTDIR)$(PREFIX)/$(ICON)
	install -Dm644 data/icons/$(APP_ID)-symbolic.svg $(DESTDIR)$(PREFIX)/$(SYMBOLIC_ICON)

# With the folders that are empty then, but for bin/, which others rely on.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED))
	[ ! -d $(DESTDIR)$(PREFIX) ] || { cd $(DESTDIR)$(PREFIX) && \
	    rmdir -p --ignore-fail-on-non-empty $(sort $(dir $(wordlist 2,9,$(INSTALLED)))) 2>/dev/null || :; }

clean:
	rm -rf target demo/*.png demo/*.json demo/*.log
