FROM azurelinux
RUN ["tdnf", "update", "-y"]
RUN ["tdnf", "erase", "-y", "vim"]
RUN ["/bin/sh", "-c", "tdnf repolist"]
