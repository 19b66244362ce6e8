#!/bin/sh
tdnf -v install $P --installroot $R --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=$V
tdnf install --releasever=$V --assumeno --nogpgcheck $P --installroot $R
tdnf install -y --alldeps --downloadonly --downloaddir $D $P
tdnf -y --downloadonly --downloaddir=$D install $P
tdnf install --downloadonly -y --disablerepo=* --enablerepo=$A --alldeps --downloaddir $D $P
tdnf -y install --downloadonly --alldeps --nogpgcheck --downloaddir /RPMS $(jq -r .list f.json)
tdnf install -y ./p.rpm
tdnf install -y "p = 1.2"
tdnf autoremove -y createrepo
tdnf -y reinstall $(rpm -qa gcc)
echo "tdnf install --releasever=$V -qy $P" >> .bashrc
tdnf makecache --releasever=$V --enablerepo=*
