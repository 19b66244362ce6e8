#!/bin/bash
tdnf install -y foo
if [ $? -eq 243 ]; then echo none; fi
tdnf install -y bar
rc=$?
tdnf check-update || echo updates
tdnf install -y x || true
