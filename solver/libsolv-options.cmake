# libsolv-sys offers no way to pass options to libsolv's build; a toolchain file is
# read before the options are declared, so cached values set here win.
# Without them the library silently gets Debian semantics.
set(MULTI_SEMANTICS ON CACHE BOOL "several distributions' semantics in one library" FORCE)
set(ENABLE_COMPLEX_DEPS ON CACHE BOOL "rich dependencies" FORCE)
