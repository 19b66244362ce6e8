#!/bin/sh
tdnf install -y --skip-broken a b
tdnf install -y --exclude a:b c
tdnf -qvy install a
tdnf install -y --setopt=tsflags=nodocs a
tdnf install -y --setopt=install_weak_deps=0 a
tdnf install -y --skipsignature a
tdnf install -y --snapshottime=1700000000 a
tdnf -y update --sec-severity 7
tdnf -C -y install a
tdnf --config /x/tdnf.conf -y install a
tdnf install -y --testonly a
tdnf install -y -x a
tdnf install --rpmdefine "_dbpath /x" a
