/*
 * Prints the addresses of each name that it is given, or how getaddrinfo(3) fails. The tests compile it
 * for glibc and for musl: each has a resolver of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const char *failure(int code) {
  switch (code) {
    case EAI_NONAME: return "EAI_NONAME";
#ifdef EAI_NODATA
    case EAI_NODATA: return "EAI_NODATA";
#endif
    case EAI_AGAIN: return "EAI_AGAIN";
    case EAI_FAIL: return "EAI_FAIL";
    default: return gai_strerror(code);
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int code = getaddrinfo(argv[i], NULL, &hints, &found);
    printf("%s", argv[i]);
    if (code != 0) {
      printf(" %s\n", failure(code));
      continue;
    }
    for (struct addrinfo *one = found; one; one = one->ai_next) {
      char text[INET6_ADDRSTRLEN];
      const void *address = one->ai_family == AF_INET
          ? (const void *)&((struct sockaddr_in *)one->ai_addr)->sin_addr
          : (const void *)&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr;
      printf(" %s", inet_ntop(one->ai_family, address, text, sizeof text));
    }
    printf("\n");
    freeaddrinfo(found);
  }
  return 0;
}
