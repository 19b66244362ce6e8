#!/bin/bash
names=$(tdnf repoquery --installed "$1" | grep "^$1")
tdnf repoquery --file /etc/passwd --json | jq -r 'map(.Name)'
tdnf list installed
tdnf list installed | wc -l
tdnf -q list available "livepatch = 1" || exit 3
tdnf provides /usr/bin/jq > found.txt
tdnf -q --refresh updateinfo | grep -vE '^Refreshing'
tdnf search editor
tdnf count
