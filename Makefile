# Everything here goes through build-aux/devenv, which brings what the system lacks. README.md explains.
DEVENV := build-aux/devenv
PREFIX ?= /usr/local
DESTDIR ?=
APP_ID := io.github.telecast.Telecast
BINARY := target/release/telecast
SOURCES := Cargo.toml Cargo.lock $(wildcard build.rs) $(shell find src proto -type f 2>/dev/null)

.PHONY: all run demo test test-desktop bench install uninstall clean

all: $(BINARY)

$(BINARY): $(SOURCES)
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

install: $(BINARY)
	install -Dm755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/telecast
	install -Dm644 data/$(APP_ID).desktop $(DESTDIR)$(PREFIX)/share/applications/$(APP_ID).desktop
	install -Dm644 data/$(APP_ID).metainfo.xml $(DESTDIR)$(PREFIX)/share/metainfo/$(APP_ID).metainfo.xml
	install -Dm644 data/icons/$(APP_ID).svg $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/$(APP_ID).svg
	install -Dm644 data/icons/$(APP_ID)-symbolic.svg $(DESTDIR)$(PREFIX)/share/icons/hicolor/symbolic/apps/$(APP_ID)-symbolic.svg

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/telecast \
	  $(DESTDIR)$(PREFIX)/share/applications/$(APP_ID).desktop \
	  $(DESTDIR)$(PREFIX)/share/metainfo/$(APP_ID).metainfo.xml \
	  $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/$(APP_ID).svg \
	  $(DESTDIR)$(PREFIX)/share/icons/hicolor/symbolic/apps/$(APP_ID)-symbolic.svg

clean:
	rm -rf target demo/*.png demo/*.json demo/*.log
