FROM azl
ARG PKG=foo
ARG TDNF="tdnf -y"
RUN tdnf install -y ${PKG} ${PKG}-devel=$VER
RUN --mount=type=cache,target=/var/cache/tdnf tdnf install -y a
RUN --mount=type=cache,target=/var/cache/tdnf <<EOF
set -e
tdnf erase -y b
tdnf install -y c
EOF
RUN <<-"EOT" bash -e
	tdnf erase -y d
	EOT
RUN ["tdnf", "erase", "-y", "e"]
RUN ["/bin/sh", "-c", "tdnf erase -y f && tdnf clean all"]
RUN set -x; \
    # a comment
    tdnf erase -y g && \
    tdnf clean all
ONBUILD RUN tdnf erase -y h
CMD tdnf update -y
SHELL ["/bin/bash", "-c"]
RUN for p in a b; do tdnf erase -y $p; done
HEALTHCHECK CMD tdnf check-update || exit 1
COPY <<EOF /x.sh
tdnf erase -y i
EOF
