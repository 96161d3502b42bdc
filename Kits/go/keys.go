package gatehouse

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
)

// KeySet is a published key set (RFC 7517 §5). Keys that cannot verify Gatehouse's tokens are skipped, as the RFC says.
type KeySet struct{ keys map[string]publishedKey }

type publishedKey struct {
	algorithm string
	key       any
}

// ParseKeySet reads a document; what is not a key set has no keys.
func ParseKeySet(document []byte) *KeySet {
	set := &KeySet{keys: map[string]publishedKey{}}
	object, err := parseObject(document)
	if err != nil {
		return set
	}
	elements, _ := object["keys"].([]any)
	for _, element := range elements {
		jwk, isObject := element.(map[string]any)
		name, isNamed := jwk["kid"].(string)
		if !isObject || !isNamed || !isForVerifying(jwk) {
			continue
		}
		if algorithm, key := publicKey(jwk); key != nil && fits(jwk["alg"], algorithm) {
			set.keys[name] = publishedKey{algorithm, key}
		}
	}
	return set
}

// Has says whether there is a key of this name.
func (s *KeySet) Has(name string) bool {
	_, found := s.keys[name]
	return found
}

func isForVerifying(jwk map[string]any) bool {
	if _, isPrivate := jwk["d"]; isPrivate {
		return false
	}
	if use, found := jwk["use"]; found && use != "sig" {
		return false
	}
	operations, found := jwk["key_ops"]
	if !found {
		return true
	}
	list, _ := operations.([]any)
	for _, operation := range list {
		if operation == "verify" {
			return true
		}
	}
	return false
}

func fits(named any, algorithm string) bool {
	return named == nil || named == algorithm || algorithm == "EdDSA" && named == "Ed25519"
}

func publicKey(jwk map[string]any) (string, any) {
	switch {
	case jwk["kty"] == "EC" && jwk["crv"] == "P-256":
		x, y := member(jwk, "x"), member(jwk, "y")
		if len(x) != 32 || len(y) != 32 {
			return "", nil
		}
		// Refuses what is not a point of the curve.
		if _, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, x...), y...)); err != nil {
			return "", nil
		}
		return "ES256", &ecdsa.PublicKey{
			Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y),
		}
	case jwk["kty"] == "OKP" && jwk["crv"] == "Ed25519":
		if x := member(jwk, "x"); len(x) == ed25519.PublicKeySize {
			return "EdDSA", ed25519.PublicKey(x)
		}
	case jwk["kty"] == "RSA":
		n, e := new(big.Int).SetBytes(member(jwk, "n")), new(big.Int).SetBytes(member(jwk, "e"))
		isOdd := e.Bit(0) == 1
		if n.BitLen() >= 2048 && n.BitLen() <= 8192 && isOdd && e.BitLen() >= 2 && e.BitLen() <= 31 {
			return "RS256", &rsa.PublicKey{N: n, E: int(e.Int64())}
		}
	}
	return "", nil
}

func member(jwk map[string]any, name string) []byte {
	text, _ := jwk[name].(string)
	// What cannot be decoded is no number of a key.
	decoded, _ := decode(text)
	return decoded
}

// check returns an error unless that key made the signature.
func (s *KeySet) check(algorithm, name string, signed, signature []byte) error {
	found, isKnown := s.keys[name]
	if !isKnown || found.algorithm != algorithm {
		return invalid("no published key has this name and algorithm")
	}
	digest := sha256.Sum256(signed)
	isRight := false
	switch key := found.key.(type) {
	case *ecdsa.PublicKey:
		// RFC 7518 §3.4: R and S, 32 bytes each.
		if len(signature) == 64 {
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			isRight = ecdsa.Verify(key, digest[:], r, s)
		}
	case ed25519.PublicKey:
		isRight = ed25519.Verify(key, signed, signature)
	case *rsa.PublicKey:
		isRight = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	}
	if !isRight {
		return invalid("the signature is wrong")
	}
	return nil
}
