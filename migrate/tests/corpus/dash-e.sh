#!/bin/sh -e
tdnf check-update
tdnf provides x
