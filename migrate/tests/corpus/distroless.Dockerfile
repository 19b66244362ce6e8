FROM photon:5.0
RUN tdnf install -y --nodeps --downloadonly --downloaddir /rpms glibc && tdnf remove -y toybox
ENTRYPOINT ["sh", "-c", "tdnf -q check-update; exec sleep 1d"]
