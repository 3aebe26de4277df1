# A thin front of CMake presets. `make help` lists the targets; README.md explains them.
#
# With `make -j2 all` or `make -j2 test` presets build side by side, which fills the time that one spends configuring and
# linking. Each has a directory of its own, and within such a goal what builds in the same one waits for its turn; two
# goals at a time (`make -j2 check test`) may meet in one directory.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

T := .toolchain
CMAKE := $(T)/python/cmake/data/bin/cmake
NINJA := $(abspath $(T)/python/bin/ninja)
PIP := python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
       --upgrade --require-hashes --only-binary :all:

machine := $(subst arm64,aarch64,$(shell uname -m))
NATIVE := $(if $(filter Darwin,$(shell uname -s)),macos,linux)-$(machine)
TARGETS := linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64 windows-aarch64
LAUNCHERS := $(TARGETS:%=build/pack/launchers/%)
HERMIT := build/hermit.com
GO := $(shell command -v go)
C_EXAMPLES := cat cowsay count_vowels http_get
EXAMPLES := $(C_EXAMPLES) $(if $(GO),wordcount)

.PHONY: all demo test unit bench fuzz lint check setup help examples http_get_go clean FORCE
all: $(HERMIT) examples

help:
	@echo 'make            build/hermit.com and the examples'
	@echo 'make demo       the same, then run examples/cowsay'
	@echo 'make test       all tests (installs what they need on Debian or Ubuntu when allowed to)'
	@echo 'make check      format, layer rules, clang-tidy, and 15 s of fuzzing each reader of outside bytes'
	@echo 'make fuzz       fuzz every reader of outside bytes for SECONDS each (default 60)'
	@echo 'make lint       of these the quick part: format and layer rules'
	@echo 'make tidy       clang-tidy alone (FOLDERS="src/os test": over these folders)'
	@echo 'make bench      the figures of docs/performance.md (45 minutes; QUICK=1: one round and smaller modules, 6 minutes)'
	@echo 'make clean      remove build/ (the toolchain stays in .toolchain/)'

# The toolchain and the libraries' sources, pinned by hash, under .toolchain/.
setup: $(T)/ready
$(T)/ready: tools/requirements.txt tools/fetch_sources.py tools/zig-tool.sh
	@python3 -m pip --version > /dev/null 2>&1 || { echo 'hermit needs python3 with pip (Debian: apt-get install python3-pip)' >&2; exit 1; }
	@echo 'installing the toolchain into $(T)'
	@mkdir -p $(T)/bin
	$(PIP) --target $(T)/python -r tools/requirements.txt
	for tool in cc c++ ar ranlib; do cp tools/zig-tool.sh $(T)/bin/zig-$$tool; done
	python3 tools/fetch_sources.py $(T)/archives $(T)/sources
	touch $@

build/%/build.ninja: $(T)/ready CMakePresets.json CMakeLists.txt cmake/zig.cmake cmake/libraries.cmake
	@mkdir -p build
	@$(CMAKE) --preset $* -DCMAKE_MAKE_PROGRAM=$(NINJA) > build/$*.log 2>&1 || { cat build/$*.log; exit 1; }
	@touch $@

# Ninja knows what is out of date; make asks it every time and copies what changed.
build/pack/launchers/%: build/%/build.ninja FORCE
	@$(CMAKE) --build build/$* --target launcher
	@mkdir -p $(@D)
	@f=build/$*/bin/launcher; [ -f $$f ] || f=$$f.exe; cmp -s $$f $@ || cp $$f $@
build/pack/hermit.wasm: build/wasi/build.ninja FORCE
	@$(CMAKE) --build build/wasi --target hermit
	@mkdir -p $(@D)
	@f=build/wasi/bin/hermit; [ -f $$f ] || f=$$f.wasm; cmp -s $$f $@ || cp $$f $@
build/$(NATIVE)/bin/hermit: build/$(NATIVE)/build.ninja FORCE | build/pack/launchers/$(NATIVE)
	@$(CMAKE) --build build/$(NATIVE) --target hermit
build/pack/Hermitfile: src/cli/Hermitfile
	@mkdir -p $(@D)
	cp $< $@
build/pack/licenses.txt: LICENSE tools/collect_licenses.py $(T)/ready
	@mkdir -p $(@D)
	python3 tools/collect_licenses.py $(T) $@

# The native build of the command line packs its WASI build.
$(HERMIT): build/pack/Hermitfile build/pack/licenses.txt build/pack/hermit.wasm build/$(NATIVE)/bin/hermit $(LAUNCHERS)
	build/$(NATIVE)/bin/hermit build --resources build/pack --allow-host -f build/pack/Hermitfile -o $@

# Examples: compiled to WASI, then packed by hermit.com itself.
examples: $(EXAMPLES:%=build/examples/%.com) $(if $(GO),http_get_go)
build/examples/%.wasm: examples/%/main.go examples/%/go.mod
	@mkdir -p $(@D)
	cd $(<D) && GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local go build -tags getaddrinfo -trimpath -o $(abspath $@) .
# The only example with a library of others (pinned in its go.sum). Without a network it is left out.
http_get_go: $(HERMIT) | wasi_examples
	@if (cd examples/$@ && GOTOOLCHAIN=local go mod download github.com/stealthrocket/net); then \
	  $(MAKE) --no-print-directory build/examples/$@.com; \
	else echo 'left out: examples/$@ (its Go module is not here and cannot be downloaded)'; fi
.PHONY: wasi_examples
wasi_examples: build/wasi/build.ninja | build/pack/hermit.wasm
	@$(CMAKE) --build build/wasi --target $(C_EXAMPLES:%=example_%)
$(C_EXAMPLES:%=build/examples/%.wasm): build/examples/%.wasm: wasi_examples
	@mkdir -p $(@D)
	@cmp -s build/wasi/examples/$*.wasm $@ || cp build/wasi/examples/$*.wasm $@
build/examples/%/Hermitfile: examples/%/Hermitfile build/examples/%.wasm
	@mkdir -p $(@D)
	@cp build/examples/$*.wasm $(@D)/$*.wasm
	@cp $< $@
build/examples/%.com: build/examples/%/Hermitfile $(HERMIT)
	$(HERMIT) -f $< -o $@
.PRECIOUS: build/%/build.ninja build/examples/%.wasm build/examples/%/Hermitfile build/pack/launchers/%

demo: $(HERMIT) build/examples/cowsay.com
	build/examples/cowsay.com 'One file. Every system.'

unit: build/$(NATIVE)/build.ninja
	$(CMAKE) --build build/$(NATIVE) --target hermit_tests
	build/$(NATIVE)/bin/hermit_tests --gtest_brief=1

# The executable formats: independent checkers, and the start script under every shell (docs/formats/executable.md).
.PHONY: formats
formats: build/$(NATIVE)/build.ninja
	$(CMAKE) --build build/$(NATIVE) --target pack_file
	test/formats/run.sh build/formats build/$(NATIVE)/bin/pack_file

# AddressSanitizer, UndefinedBehaviorSanitizer and the fuzz targets: with clang 19 of the system, which zig cannot replace here.
.PHONY: test-tools sanitized
test-tools:
	sh tools/install_test_tools.sh
sanitized: build/sanitize/build.ninja
	$(CMAKE) --build build/sanitize --target hermit_tests hermit_spec_tests launcher fuzz_targets

# The tests run hermit.com, and once more a hermit.com whose native launcher is built from the files that macOS uses
# instead of *_linux.cc.
.PHONY: native_tests posix_tests windows_tests wasi_tests aarch64_tests sanitized_tests
native_tests: all
	$(CMAKE) --build build/$(NATIVE) --target hermit_tests hermit_spec_tests pack_file $(if $(filter linux-%,$(NATIVE)),launcher_escape)
posix_tests: build/posix/build.ninja
	$(CMAKE) --build build/posix --target hermit_tests launcher
windows_tests: build/windows-x86_64/build.ninja | all
	$(CMAKE) --build build/windows-x86_64 --target hermit_tests
wasi_tests: all
	$(CMAKE) --build build/wasi --target wasi_tests
# The official tests on code for the other processor (test/spec/aarch64.sh).
aarch64_tests: test-tools build/linux-aarch64/build.ninja | all
	if command -v qemu-aarch64 > /dev/null && [ $(NATIVE) = linux-x86_64 ]; then \
	  $(CMAKE) --build build/linux-aarch64 --target hermit_spec_tests; fi
sanitized_tests: test-tools $(T)/ready
	if command -v clang++-19 > /dev/null && [ $(NATIVE) = linux-x86_64 ]; then $(MAKE) --no-print-directory sanitized; fi
test: all test-tools native_tests posix_tests windows_tests wasi_tests aarch64_tests sanitized_tests $(T)/test/ready
	sh test/run.sh

# What others do, and modules of package registries, are measured where they can be had: without a network they are missing, and named.
# Every line with a bar says "met" or "MISSED".
bench: all
	-@$(MAKE) --no-print-directory $(T)/test/ready $(T)/bench/ready
	$(CMAKE) --build build/$(NATIVE) --target hermit_files hermit_host_gate hermit_kernel
	python3 bench/modules.py fetch
	python3 bench/sizes.py $(if $(QUICK),--quick)
	python3 bench/startup.py $(if $(QUICK),--quick)
	build/$(NATIVE)/bin/hermit_host_gate
	python3 bench/packing.py $(if $(QUICK),--quick)
	python3 bench/run.py $(if $(QUICK),--quick)
	python3 bench/compile.py $(if $(QUICK),--quick)
	build/$(NATIVE)/bin/hermit_files

# Tools of the tests that pip installs: Node, whose V8 the random modules are compared with.
$(T)/test/ready: tools/requirements-test.txt
	$(PIP) --target $(T)/test -r tools/requirements-test.txt
	touch $@
$(T)/bench/ready: tools/requirements-bench.txt
	$(PIP) --target $(T)/bench -r tools/requirements-bench.txt
	touch $@
$(T)/lint/ready: tools/requirements-lint.txt
	$(PIP) --target $(T)/lint -r tools/requirements-lint.txt
	touch $@

.PHONY: tidy
lint: $(T)/lint/ready
	find src test bench examples -name '*.cc' -o -name '*.h' -o -name '*.c' | xargs env PYTHONPATH=$(T)/lint $(T)/lint/bin/clang-format --dry-run -Werror
	python3 tools/check_layers.py
tidy: $(T)/lint/ready $(T)/ready
	python3 tools/tidy.py $(T)/lint/clang_tidy/data/bin/clang-tidy $(FOLDERS)

check: lint tidy test-tools
	if command -v clang++-19 > /dev/null && [ $(NATIVE) = linux-x86_64 ]; then $(MAKE) --no-print-directory fuzz SECONDS=12; \
	else echo 'fuzzing is left out: it needs clang 19 on Linux'; fi

fuzz: build/sanitize/build.ninja
	$(CMAKE) --build build/sanitize --target fuzz_targets
	sh test/fuzz/run.sh $(SECONDS)

clean:
	rm -rf build
