FROM fedora:42
RUN dnf -y install dnf-plugins-core && dnf config-manager --set-enabled updates-testing && dnf -y install foo
RUN dnf install -y httpd
