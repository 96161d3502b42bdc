// What a token costs any server on OpenSSL: one ES256 signature of the answer's own claims for each answer.
//
// The claims text is constant; the signature is made anew and written over the answer's last one.
#ifndef GATEHOUSE_CSIGNINGFLOOR_H
#define GATEHOUSE_CSIGNINGFLOOR_H

#include <stddef.h>

struct gatehouse_signing_floor;

// A signer with a key of its own, of the `length` bytes at `start` of the answer; the signature's 86 characters of
// base64url (RFC 7515 section 3) come after the dot that follows them. NULL when OpenSSL fails.
struct gatehouse_signing_floor *gatehouse_signing_floor_create(size_t start, size_t length);

// Signs the answer: 1 on success.
int gatehouse_signing_floor_sign(void *floor, unsigned char *answer);

#endif
