FROM azurelinux
ONBUILD RUN tdnf -y install extra
SHELL ["/bin/bash", "-c"]
