#!/bin/bash
cat > /usr/local/bin/update.sh <<'SCRIPT'
#!/bin/sh
tdnf -y update
SCRIPT
cat <<EOF
Usage: run tdnf install foo first
EOF
ssh host bash <<EOF
yum erase -y foo
EOF
