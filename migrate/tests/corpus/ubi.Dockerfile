FROM registry.access.redhat.com/ubi9/ubi-minimal
RUN microdnf install -y --nodocs --setopt=install_weak_deps=0 tar gzip && microdnf clean all
USER 1001
