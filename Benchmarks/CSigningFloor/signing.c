#include "CSigningFloor.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum { HALF = 32 };

struct gatehouse_signing_floor {
    EVP_PKEY_CTX *context;
    size_t start;
    size_t length;
};

struct gatehouse_signing_floor *gatehouse_signing_floor_create(size_t start, size_t length) {
    struct gatehouse_signing_floor *floor = calloc(1, sizeof *floor);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (floor == NULL || key == NULL) return NULL;
    floor->context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    floor->start = start;
    floor->length = length;
    EVP_PKEY_free(key);
    return floor->context != NULL && EVP_PKEY_sign_init(floor->context) == 1 ? floor : NULL;
}

// RFC 7518 section 3.4: r and s, 32 bytes each.
static int raw(const unsigned char *der, size_t count, unsigned char *output) {
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)count);
    if (signature == NULL) return 0;
    int isRaw = BN_bn2binpad(ECDSA_SIG_get0_r(signature), output, HALF) == HALF
        && BN_bn2binpad(ECDSA_SIG_get0_s(signature), output + HALF, HALF) == HALF;
    ECDSA_SIG_free(signature);
    return isRaw;
}

static void encode(const unsigned char *bytes, size_t count, unsigned char *output) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned int bits = 0;
    int held = 0;
    for (size_t i = 0; i < count; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6) *output++ = (unsigned char)alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0) *output = (unsigned char)alphabet[bits << (6 - held) & 63];
}

int gatehouse_signing_floor_sign(void *context, unsigned char *answer) {
    struct gatehouse_signing_floor *floor = context;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned char der[80];
    unsigned char signature[2 * HALF];
    size_t count = sizeof der;
    SHA256(answer + floor->start, floor->length, digest);
    if (EVP_PKEY_sign(floor->context, der, &count, digest, sizeof digest) != 1 || !raw(der, count, signature)) return 0;
    encode(signature, sizeof signature, answer + floor->start + floor->length + 1);
    return 1;
}
