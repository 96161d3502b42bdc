// Linux system calls that Glibc's module map leaves out: epoll, eventfd, accept4.
#ifndef GATEHOUSE_CLINUX_H
#define GATEHOUSE_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#endif
