#!/usr/bin/env bash
trap 'tdnf clean all' EXIT
[ -x /usr/bin/tdnf ] && /usr/bin/tdnf -y install "$@"
eval "tdnf -y install $EXTRA"
