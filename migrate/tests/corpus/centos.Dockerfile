FROM centos:7
ENV LANG=C.UTF-8
RUN yum -y install epel-release && yum -y groupinstall "Development Tools" && yum clean all
RUN yum-config-manager --add-repo https://download.docker.com/linux/centos/docker-ce.repo
RUN yum-config-manager --enable docker-ce-nightly && yum makecache fast
