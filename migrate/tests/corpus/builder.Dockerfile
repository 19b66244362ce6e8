# syntax=docker/dockerfile:1
FROM azurelinux AS builder
ARG PKGS="a b"
RUN --mount=type=cache,target=/var/cache/tdnf \
    mkdir /staging \
    && tdnf install -y --releasever=3.0 --installroot /staging $PKGS \
    && tdnf clean all --installroot /staging
RUN <<EOF
set -e
tdnf makecache
tdnf erase -y vim
EOF
FROM scratch
COPY --from=builder /staging /
