#!/bin/bash
dnf config-manager --add-repo https://example.com/x.repo
dnf config-manager --add-repo "$URL"
dnf config-manager --set-disabled 'x*'
dnf config-manager --save --setopt=fast.priority=1
dnf -y module install nodejs:20
dnf mark install foo
dnf list installed
dnf autoremove foo
dnf repository-packages x list
dnf install -y ok
dnf -y upgrade --refresh
dnf history userinstalled
dnf4 install foo
