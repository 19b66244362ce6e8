#!/bin/bash
sudo -E tdnf install -y P1
env X=y tdnf -y install P2
env -i PATH=/bin tdnf erase -y P3
xargs tdnf install -y < list
cat list | xargs -r -n 5 sudo tdnf -y install
find . -name '*.rpm' -exec tdnf install -y {} \;
find . -name '*.rpm' -exec tdnf install -y {} +
if ! tdnf install -y P4; then echo bad; fi
if tdnf list installed P5 >/dev/null 2>&1; then :; fi
tdnf makecache && tdnf update -y && tdnf clean all || exit 1
tdnf install -y \
    one \
    two=1.0 \
  && tdnf clean all
inst() { tdnf install -y "$@"; }
eval "tdnf install -y $PKGS"
eval tdnf erase -y foo
bash -c 'tdnf install -y P6'
sh -ec "tdnf -y update; tdnf clean all"
ssh host tdnf install -y P7
ssh host 'sudo tdnf erase -y P8'
chroot /mnt tdnf install -y P9
docker run --rm img tdnf install -y P10
cat <<EOF > script.sh
tdnf install -y P11
EOF
bash <<'EOF'
tdnf erase -y P12
EOF
TDNF=tdnf
$TDNF install -y P13
$(which tdnf) install -y P14
command tdnf erase -y P15
exec tdnf update -y
time tdnf update -y
nohup tdnf update -y &
timeout 60 tdnf makecache
retry 5 tdnf install -y P16
while ! tdnf makecache; do sleep 1; done
until tdnf -y install P17; do :; done
for i in 1 2 3; do tdnf install -y P18 && break; done
out=$(tdnf repoquery --installed P19)
out=`tdnf list installed`
tdnf check-update; [ $? -eq 100 ] && echo up
tdnf install -y $(cat list | tr '\n' ' ')
tdnf remove -y foo | tee log
! tdnf erase -y x
( tdnf erase -y y )
{ tdnf erase -y z; }
[[ -f x ]] && tdnf erase -y w
case $1 in a) tdnf erase -y v;; esac
PKG="tdnf install -y"
$PKG foo
alias t='tdnf install'
trap 'tdnf clean all' EXIT
/usr/bin/tdnf erase -y u
tdnf -j list | jq .
tdnf --installroot=$R --releasever=3.0 install -y base
tdnf history
tdnf install -y foo >/dev/null 2>&1 || { echo "tdnf failed"; exit 1; }
su -c "tdnf erase -y t" root
su - root -c 'tdnf install -y s'
runuser -u root -- tdnf erase -y r
DEBIAN_FRONTEND=x tdnf erase -y q
function f { tdnf erase -y p; }
echo tdnf install -y o
