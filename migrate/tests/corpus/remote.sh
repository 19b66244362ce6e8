#!/bin/bash
ssh "$HOST" "sudo yum -y install rsync"
docker exec -t web tdnf install -y sudo
bash -c 'tdnf erase -y vim; tdnf install -y "a=1"'
su - build -c "tdnf makecache"
xargs -a packages.txt tdnf install -y
timeout 600 tdnf -y upgrade
