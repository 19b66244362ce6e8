#!/bin/sh
tdnf update-to a
tdnf downgrade
tdnf downgrade a
tdnf whatprovides b
tdnf history
tdnf history undo 3
tdnf mark remove a
tdnf clean keys
tdnf distro-sync
tdnf reposync --repo=x --download-path=/r
tdnf check-local /d
tdnf help
tdnf frobnicate
tdnfj list
