FROM mcr.microsoft.com/azurelinux/base/core:3.0
# install the tools with tdnf install
RUN tdnf -y update && \
    tdnf install -y ca-certificates \
        # the compiler
        gcc \
        make && \
    tdnf clean all && \
    rm -rf /var/cache/tdnf
RUN ["tdnf", "install", "-y", "jq"]
CMD ["/bin/bash"]
