#!/bin/bash
set -euo pipefail
sudo tdnf -y install git wget
sudo -E tdnf update -y --security
if ! command -v tdnf >/dev/null; then
  echo "tdnf is missing" >&2
  exit 1
fi
tdnf check-update
for package in a b c; do
  tdnf install -y "$package=1.0"
done
