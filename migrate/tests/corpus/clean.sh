#!/bin/sh
echo nothing to see, tdnf is only named
rpm -q tdnf
dnf5 install -y x
