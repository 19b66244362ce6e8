tools:
	yum -y groupinstall $(GROUPS)
	tdnf check-update
