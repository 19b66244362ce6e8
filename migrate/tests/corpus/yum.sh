#!/bin/bash
yum -y -q -e 0 -d 1 install foo
yum list installed foo
yum history
yum repolist all
yum groupinstall -y 'Development Tools'
yum localinstall -y ./x.rpm
yum install --downloadonly --downloaddir=/tmp/x foo
yum --disableexcludes=main update
yum check-update
yumdownloader --resolve --destdir=/x foo
yum-builddep -y foo.spec
yum shell script.txt
