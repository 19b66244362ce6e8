#!/bin/bash
PM=tdnf
$PM install -y foo
INSTALL="yum -y install"
$INSTALL bar
tdnf $ACTION foo
