#!/bin/sh
# installs curl wherever it runs
if command -v apt-get >/dev/null 2>&1; then
    apt-get install -y curl
elif command -v dnf >/dev/null 2>&1; then
    dnf install -y curl
elif command -v yum >/dev/null 2>&1; then
    yum install -y curl
elif command -v tdnf >/dev/null 2>&1; then
    tdnf install -y curl
fi
