tdnf install -y a
