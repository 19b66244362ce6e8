alias ll='ls -l'
update() { sudo tdnf -y update "$@"; }
