# A thin front of CMake presets. `make help` lists the targets; README.md explains them.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

T := .toolchain
CMAKE := $(T)/python/cmake/data/bin/cmake
NINJA := $(abspath $(T)/python/bin/ninja)
NATIVE := linux-x86_64

$(T)/ready: tools/requirements.txt tools/fetch_sources.py tools/zig-tool.sh
	@mkdir -p $(T)/bin
	python3 -m pip install --quiet --disable-pip-version-check --upgrade --require-hashes --only-binary :all: \
	    --target $(T)/python -r tools/requirements.txt
	for tool in cc c++ ar ranlib; do cp tools/zig-tool.sh $(T)/bin/zig-$$tool; done
	python3 tools/fetch_sources.py $(T)/archives $(T)/sources
	touch $@

.PHONY: setup
setup: $(T)/ready

build/%/build.ninja: $(T)/ready CMakePresets.json CMakeLists.txt
	$(CMAKE) --preset $* -DCMAKE_MAKE_PROGRAM=$(NINJA) > build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log

.PHONY: unit
unit: build/$(NATIVE)/build.ninja
	$(CMAKE) --build build/$(NATIVE) --target hermit_tests
	build/$(NATIVE)/bin/hermit_tests --gtest_brief=1

# The executable formats: independent checkers, and the start script under every shell (docs/formats/executable.md).
.PHONY: formats
formats: $(T)/ready
	test/formats/run.sh build/formats
