// OpenSSL 3 as Swift sees it: the headers we use, and inline functions for what are macros in C.
#ifndef GATEHOUSE_COPENSSL_H
#define GATEHOUSE_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

// --- OpenSSLCrypto: parameter lists hold pointers to their names, which a Swift string could not keep alive. ---

// The public key of an uncompressed point (04 || x || y) of a named curve; NULL when the point is not on the curve.
static inline EVP_PKEY *gatehouse_ec_public_key(const char *curve, const unsigned char *point, size_t length) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve, 0);
    parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, length);
    parameters[2] = OSSL_PARAM_construct_end();
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) <= 0
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

// The RSA public key of a big-endian modulus and exponent, or NULL.
static inline EVP_PKEY *gatehouse_rsa_public_key(
    const unsigned char *modulus, size_t modulus_length, const unsigned char *exponent, size_t exponent_length
) {
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (n != NULL && e != NULL && builder != NULL && context != NULL
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e)
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL
        && (EVP_PKEY_fromdata_init(context) <= 0
            || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}

static inline EVP_PKEY *gatehouse_generate_ec(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *gatehouse_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
static inline EVP_PKEY *gatehouse_generate_rsa(unsigned int bits) { return EVP_RSA_gen(bits); }

// SHA-256 and HMAC-SHA-256 by the functions below EVP: each request hashes and authenticates several short texts, and EVP's
// parameters, fetches and copies of contexts drove more code through the processor's cache than the hash itself needs.
// OpenSSL calls them deprecated to move callers to EVP; the block function beneath is the same.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline void gatehouse_sha256(const void *bytes, size_t length, unsigned char *output) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(output, &context);
}

// RFC 2104: what remains of a key once its inner and outer block are hashed; it is as secret as the key.
typedef struct {
    SHA256_CTX inner;
    SHA256_CTX outer;
} gatehouse_hmac_sha256_key;

static inline void gatehouse_hmac_sha256_prepare(gatehouse_hmac_sha256_key *key, const void *bytes, size_t length) {
    unsigned char block[SHA256_CBLOCK] = {0};
    if (length > sizeof block) {
        // The digest is the key here, and the finished context still has it.
        SHA256_CTX context;
        SHA256_Init(&context);
        SHA256_Update(&context, bytes, length);
        SHA256_Final(block, &context);
        OPENSSL_cleanse(&context, sizeof context);
    } else if (length > 0) {
        memcpy(block, bytes, length);
    }
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
    SHA256_Init(&key->inner);
    SHA256_Update(&key->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&key->outer);
    SHA256_Update(&key->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

static inline void gatehouse_hmac_sha256(
    const gatehouse_hmac_sha256_key *key, const void *message, size_t length, unsigned char *output
) {
    SHA256_CTX context = key->inner;
    SHA256_Update(&context, message, length);
    SHA256_Final(output, &context);
    context = key->outer;
    SHA256_Update(&context, output, SHA256_DIGEST_LENGTH);
    SHA256_Final(output, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

#pragma GCC diagnostic pop

// HKDF-SHA-256, extract and expand; 1 on success.
static inline int gatehouse_hkdf_sha256(
    const unsigned char *secret, size_t secret_length, const unsigned char *salt, size_t salt_length,
    const unsigned char *info, size_t info_length, unsigned char *output, size_t output_length
) {
    const unsigned char *empty = (const unsigned char *)"";
    OSSL_PARAM parameters[5];
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
    parameters[1] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_KEY, (void *)(secret != NULL ? secret : empty), secret_length);
    parameters[2] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_SALT, (void *)(salt != NULL ? salt : empty), salt_length);
    parameters[3] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_INFO, (void *)(info != NULL ? info : empty), info_length);
    parameters[4] = OSSL_PARAM_construct_end();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    int isDerived = context != NULL && EVP_KDF_derive(context, output, output_length, parameters) > 0;
    EVP_KDF_CTX_free(context);
    return isDerived;
}

// The bytes a memory BIO holds; valid until the BIO changes.
static inline const char *gatehouse_bio_bytes(BIO *bio, long *length) {
    char *bytes = NULL;
    *length = BIO_get_mem_data(bio, &bytes);
    return bytes;
}

// Answers a request for a passphrase with a refusal; OpenSSL's own answer would be to ask the terminal.
static inline int gatehouse_refuse_passphrase(char *buffer, int size, int isWriting, void *userData) {
    (void)buffer; (void)size; (void)isWriting; (void)userData;
    return -1;
}

// Reads the first private key of PEM text, never asking for a passphrase; NULL when there is none.
static inline EVP_PKEY *gatehouse_read_private_key(BIO *bio) {
    return PEM_read_bio_PrivateKey(bio, NULL, gatehouse_refuse_passphrase, NULL);
}

// Reads the first public key of PEM text; NULL when there is none.
static inline EVP_PKEY *gatehouse_read_public_key(BIO *bio) {
    return PEM_read_bio_PUBKEY(bio, NULL, gatehouse_refuse_passphrase, NULL);
}

// --- end of OpenSSLCrypto ---

// --- SocketHTTP: what are macros in ssl.h ---

static inline int gatehouse_SSL_CTX_set_min_version(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// Servers that hold many idle connections: no buffers between records, and partial writes never happen on memory BIOs.
// No tickets: their keys would live as long as the certificate, and with them every recorded session could be read (RFC
// 9325 section 4.3). 1 on success.
static inline int gatehouse_SSL_CTX_prepare_for_server(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
        | SSL_OP_NO_TICKET);
    return SSL_CTX_set_num_tickets(context, 0) == 1
        && SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

static inline void gatehouse_BIO_set_mem_eof_return(BIO *bio, int value) {
    BIO_set_mem_eof_return(bio, value);
}

static inline void gatehouse_BIO_reset(BIO *bio) {
    (void)BIO_reset(bio);
}

// --- end of SocketHTTP ---

#endif
