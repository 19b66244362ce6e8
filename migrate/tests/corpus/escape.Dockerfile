# escape=`
FROM azurelinux
RUN tdnf install -y a `
    b
