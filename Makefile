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
SCHEMA := share/glib-2.0/schemas/$(APP_ID).gschema.xml
# The window's, and the engine's.
SERVICES := $(patsubst data/%.in,share/dbus-1/services/%,$(wildcard data/*.service.in))
INTERFACES := $(patsubst data/%,share/%,$(wildcard data/dbus-1/interfaces/*.xml))
LANGUAGES := $(shell grep -v '^\#' po/LINGUAS)
CATALOGUES := $(LANGUAGES:%=share/locale/%/LC_MESSAGES/telecast.mo)
EXTENSION_ID := telecast@telecast.github.io
EXTENSION := share/gnome-shell/extensions/$(EXTENSION_ID)
EXTENSION_SOURCES := $(wildcard data/gnome-shell-extension/*)
EXTENSION_ICONS := $(patsubst %,data/icons/symbolic/telecast-%-symbolic.svg,cast tv display speaker speakers)
EXTENSION_FILES := $(addprefix $(EXTENSION)/,$(notdir $(EXTENSION_SOURCES)) $(addprefix icons/,$(notdir $(EXTENSION_ICONS))) locale)
INSTALLED := bin/telecast $(DESKTOP_FILE) $(METAINFO) $(ICON) $(SYMBOLIC_ICON) $(SCHEMA) $(SERVICES) $(INTERFACES) $(CATALOGUES) \
    $(EXTENSION_FILES)
SHARED := $(filter share/%,$(INSTALLED))

# The system's caches, brought up to date unless the files go to another root. What is missing is a program that needs none.
SCHEMAS_HERE = $(DESTDIR)$(PREFIX)/$(dir $(SCHEMA))
define refresh
	@[ -n "$(DESTDIR)" ] || { \
	    glib-compile-schemas $(SCHEMAS_HERE) || \
	        echo "Run glib-compile-schemas $(SCHEMAS_HERE), or the window cannot be opened."; \
	    gtk4-update-icon-cache -qtf $(PREFIX)/share/icons/hicolor 2>/dev/null || :; \
	    update-desktop-database -q $(PREFIX)/share/applications 2>/dev/null || :; }
endef

.PHONY: all run demo screenshots pot update-po extension test test-desktop fuzz bench bench-links bench-network soak deny install uninstall clean

all: $(RELEASE)

$(RELEASE): $(SOURCES)
	$(DEVENV) cargo build --release --locked
	@touch $@

# make run ARGS="devices --json"
run:
	$(DEVENV) --for run cargo run --release --locked -- $(ARGS)

demo:
	demo/run

# make screenshots ARGS="dark casting"
screenshots: $(RELEASE)
	$(DEVENV) --for test build-aux/screenshots $(ARGS)

# All texts in one file, for translators; and brought into each language's file, the new ones empty.
pot:
	$(DEVENV) build-aux/translations template po/telecast.pot

update-po:
	$(DEVENV) build-aux/translations update

# The extension for GNOME's Quick Settings in one file, for those who did not get it by make install.
extension:
	$(DEVENV) build-aux/extension pack target/$(EXTENSION_ID).shell-extension.zip

test:
	$(DEVENV) --for test build-aux/test

test-desktop:
	$(DEVENV) --for test build-aux/test-desktop

# make fuzz FUZZ_SECONDS=60 TARGETS="offer answer"
fuzz: export FUZZ_SECONDS := $(or $(FUZZ_SECONDS),600)
fuzz:
	$(DEVENV) build-aux/fuzz $(TARGETS)

bench:
	$(DEVENV) --for test build-aux/bench

# make bench-links ARGS="loss2 relay"
bench-links:
	$(DEVENV) --for test cargo bench --locked --bench links -- $(ARGS)

# make bench-network ARGS="--profile loss5_rtt5 --seeds 4"
bench-network:
	build-aux/bench-network $(ARGS)

# make soak MINUTES=60
soak:
	$(DEVENV) --for test cargo bench --locked --bench soak -- $(or $(MINUTES),60)

# Licences, doubled crates, advisories.
deny:
	$(DEVENV) build-aux/deny

install: $(BINARY)
	install -Dm755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/telecast
	install -d $(DESTDIR)$(PREFIX)/share/applications $(DESTDIR)$(PREFIX)/share/metainfo
	msgfmt --desktop -d po --template=data/$(APP_ID).desktop -o $(DESTDIR)$(PREFIX)/$(DESKTOP_FILE)
	msgfmt --xml -d po --template=data/$(APP_ID).metainfo.xml -o $(DESTDIR)$(PREFIX)/$(METAINFO)
	chmod 644 $(DESTDIR)$(PREFIX)/$(DESKTOP_FILE) $(DESTDIR)$(PREFIX)/$(METAINFO)
	for language in $(LANGUAGES); do \
	    folder=$(DESTDIR)$(PREFIX)/share/locale/$$language/LC_MESSAGES && install -d $$folder && \
	    msgfmt -o $$folder/telecast.mo po/$$language.po && chmod 644 $$folder/telecast.mo || exit; done
	install -Dm644 data/icons/$(APP_ID).svg $(DESTDIR)$(PREFIX)/$(ICON)
	install -Dm644 data/icons/$(APP_ID)-symbolic.svg $(DESTDIR)$(PREFIX)/$(SYMBOLIC_ICON)
	install -Dm644 data/$(APP_ID).gschema.xml $(DESTDIR)$(PREFIX)/$(SCHEMA)
	install -d $(DESTDIR)$(PREFIX)/share/dbus-1/services $(DESTDIR)$(PREFIX)/share/dbus-1/interfaces
	for service in $(notdir $(SERVICES)); do \
	    to=$(DESTDIR)$(PREFIX)/share/dbus-1/services/$$service && \
	    sed 's|@bindir@|$(PREFIX)/bin|' data/$$service.in > $$to && chmod 644 $$to || exit 1; done
	install -m644 data/dbus-1/interfaces/*.xml $(DESTDIR)$(PREFIX)/share/dbus-1/interfaces
	install -d $(DESTDIR)$(PREFIX)/$(EXTENSION)/icons
	install -m644 $(EXTENSION_SOURCES) $(DESTDIR)$(PREFIX)/$(EXTENSION)
	install -m644 $(EXTENSION_ICONS) $(DESTDIR)$(PREFIX)/$(EXTENSION)/icons
	ln -sfn ../../../locale $(DESTDIR)$(PREFIX)/$(EXTENSION)/locale
	$(refresh)

# With the folders that are empty then, but for bin/, which others rely on.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED))
	$(refresh)
	[ ! -d $(DESTDIR)$(PREFIX) ] || { cd $(DESTDIR)$(PREFIX) && \
	    rmdir -p --ignore-fail-on-non-empty $(sort $(dir $(SHARED))) 2>/dev/null || :; }

clean:
	rm -rf target demo/*.png demo/*.json demo/*.log
