#!/bin/bash
until tdnf -y install foo; do sleep 5; done
while read -r p; do tdnf install -y "$p"; done < list
tdnf -y install foo |& tee log.txt
( cd /x && tdnf install -y ./*.rpm )
install_all() {
  tdnf install -y \
    a \
    -v \
    b
}
