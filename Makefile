# make demo    see it work: a sample repository, install, list, upgrade, history, remove, in a fresh root
# make test    everything: formatting, lints, unit tests, the comparison with the real dnf5 and rpm
# make fuzz RUNS=1000000 TARGETS="header cpio"   what arrives from outside, changed at random (fuzz/run)
# make fuzz-transactions N=2000 SEED=1   random transactions, with real rpm as the judge; prints small reproductions;
#   DEPENDENCIES=1: about nothing but dependencies
# make fuzz-decisions N=2000 SEED=1   random repositories, systems and commands, decided beside dnf5; COMPS=1: about groups, MODULES=1: modules, QUESTIONS=1: questions,
#   HISTORY=1: histories that both programs write in turn, undone, redone, rolled back and replayed
# make slices N=2000 SEED=1   random goals over the large repository: the slice of the solver against the whole pool;
#                               with JUDGE=1 against the real dnf5
# make bench   side by side with dnf5; writes BENCHMARKS.md
# make kill-sweep   a transaction killed at every step and resumed; SEED=n chooses the random instants, INSTANTS=n how many
# make install PREFIX=/usr/local DESTDIR=  (install-tdnf: the files of the package oxidnf-tdnf only)

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
ORACLE = $(if $(OXIDNF_ORACLE),$(OXIDNF_ORACLE),$(CURDIR)/target/oracle)
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
RUN_TESTS = $(if $(NEXTEST),$(CARGO) nextest run --no-fail-fast,$(CARGO) test --no-fail-fast)

RUNS ?= 1000000
TARGETS ?=

.PHONY: all demo test lint unit compat oracle fuzz-decisions fuzz fuzz-transactions slices bench base-system kill-sweep install clean pages install-oxidnf install-tdnf

all:
	@scripts/needs build
	$(CARGO) build --release --locked

demo: all
	$(CARGO) build --release --locked -p oxidnf-testkit --bin demo
	@target/release/demo target/release/oxidnf

test: lint unit compat

lint:
	@scripts/needs build
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --quiet -- -D warnings

unit:
	@scripts/needs build
	$(RUN_TESTS) --locked --workspace --exclude oxidnf-compat-tests

oracle:
	@scripts/needs test
	@[ -n "$(OXIDNF_ORACLE)" ] || compat-tests/make-oracle $(ORACLE)

compat: all oracle
	$(CARGO) build --release --locked -p oxidnf-man
	$(CARGO) build --release --locked -p oxidnf-transaction --example transact
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_BIN=$(CURDIR)/target/release/oxidnf $(RUN_TESTS) --locked -p oxidnf-compat-tests

fuzz:
	@scripts/needs build
	RUNS=$(RUNS) fuzz/run $(TARGETS)

N ?= 2000
SEED ?= 1
fuzz-transactions: oracle
	@scripts/needs test
	$(CARGO) build --release --locked -p oxidnf-transaction --example transact -p oxidnf-testkit --bin fuzz-transactions
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_JOBS=$$(nproc) target/release/fuzz-transactions $(N) $(SEED)

fuzz-decisions: all oracle
	$(CARGO) build --release --locked -p oxidnf-testkit --bin fuzz-decisions
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_BIN=$(CURDIR)/target/release/oxidnf target/release/fuzz-decisions $(N) $(SEED)

slices: all oracle
	export OXIDNF_ORACLE=$(ORACLE); . bench/loads; $(if $(JUDGE), \
	compat-tests/enter-oracle $(ORACLE) "$$loads" /srv/t $(CURDIR)/target/release /srv/bin $(CURDIR)/bench /srv/build -- \
		env TMPDIR=/dev/shm python3 -B /srv/build/slices.py /srv/bin/oxidnf /srv/t $(N) $(SEED) /usr/bin/dnf5, \
	python3 -B bench/slices.py target/release/oxidnf "$$loads" $(N) $(SEED))

bench: all oracle
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_BIN=$(CURDIR)/target/release/oxidnf bench/run

base-system: all oracle
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_BIN=$(CURDIR)/target/release/oxidnf bench/base-system

INSTANTS ?= 500

kill-sweep: all oracle
	$(CARGO) build --release --locked -p oxidnf-testkit --bin kill-sweep
	OXIDNF_ORACLE=$(ORACLE) OXIDNF_BIN=$(CURDIR)/target/release/oxidnf target/release/kill-sweep --seed $(SEED) --random $(INSTANTS)

# The names that select a face; see man/oxidnf.8. Those of tdnf are a package of their own, oxidnf-tdnf.
FACES = dnf5 dnf yum microdnf
TDNF_FACES = tdnf tdnfj tdnf-config
TDNF_FILES = man/man8/tdnf.8 man/man8/tdnfj.8 man/man8/tdnf-config.8 bash-completion/completions/tdnf zsh/site-functions/_tdnf fish/vendor_completions.d/tdnf.fish
# Where the programs are that get installed, and where their pages and completions are written.
BUILT ?= target/release
PAGES ?= target/pages
UNITS = $(PREFIX)/lib/systemd/system

install: install-oxidnf install-tdnf

pages: all
	$(CARGO) build --release --locked -p oxidnf-man
	rm -rf $(PAGES)
	$(BUILT)/oxidnf-man $(PAGES)

install-tdnf: pages
	install -d $(DESTDIR)$(PREFIX)/bin
	for face in $(TDNF_FACES); do ln -sf oxidnf $(DESTDIR)$(PREFIX)/bin/$$face; done
	for file in $(TDNF_FILES); do install -D -m 644 $(PAGES)/$$file $(DESTDIR)$(PREFIX)/share/$$file; done

install-oxidnf: pages
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share
	install -m 755 $(BUILT)/oxidnf $(DESTDIR)$(PREFIX)/bin/oxidnf
	for face in $(FACES); do ln -sf oxidnf $(DESTDIR)$(PREFIX)/bin/$$face; done
	cd $(PAGES) && find . -type f $(foreach file,$(TDNF_FILES),! -path ./$(file)) \
		-exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX))/share/{} \;
	install -d $(DESTDIR)$(UNITS)/system-update.target.wants
	sed 's,@PREFIX@,$(PREFIX),' scripts/systemd/oxidnf-offline-transaction.service \
		>$(DESTDIR)$(UNITS)/oxidnf-offline-transaction.service
	ln -sf ../oxidnf-offline-transaction.service $(DESTDIR)$(UNITS)/system-update.target.wants/
	sed 's,@PREFIX@,$(PREFIX),' scripts/systemd/dnf5-automatic.service >$(DESTDIR)$(UNITS)/dnf5-automatic.service
	install -m 644 scripts/systemd/dnf5-automatic.timer $(DESTDIR)$(UNITS)/dnf5-automatic.timer
	install -d $(DESTDIR)$(PREFIX)/share/licenses/oxidnf
	install -m 644 LICENSE-MIT LICENSE-APACHE $(DESTDIR)$(PREFIX)/share/licenses/oxidnf

clean:
	$(CARGO) clean
