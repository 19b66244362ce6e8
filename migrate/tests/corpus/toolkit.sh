#!/bin/bash
tdnf -v check-update --refresh --nogpgcheck --assumeyes --setopt reposdir=$D
tdnf -v update --nogpgcheck --assumeyes --cacheonly --setopt reposdir=$D $P
tdnf list ALL --disablerepo=* --enablerepo=$R --releasever=$V
tdnf provides $Q --releasever=$V --disablerepo=* --enablerepo=$R
tdnf -v remove --assumeyes --disablerepo \* $P
echo snapshottime=1 >> $R/etc/tdnf/tdnf.conf
