package gatehouse

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	tokenBytesMax = 16_384
	// The last second of the year 9999.
	dateMax = 253_402_300_799
)

// Headers that change what is signed, who signs, or what must be understood (RFC 7515 §4.1.11, RFC 8725 §3.10).
var refusedHeaders = []string{"crit", "b64", "enc", "zip", "jwk", "x5c"}

// AccessToken is a verified token (RFC 9068).
type AccessToken struct {
	Token     string
	Subject   string
	ClientID  string
	Scopes    []string
	Audience  string
	ExpiresAt time.Time
	// Session is the `tsid`; empty if the token has none.
	Session string
	// Claims has all claims; numbers are of type json.Number.
	Claims map[string]any
}

// Require returns an InsufficientScopeError unless the token has all of the scopes.
func (t *AccessToken) Require(scopes ...string) error {
	for _, scope := range scopes {
		if !slices.Contains(t.Scopes, scope) {
			return &InsufficientScopeError{Required: scopes}
		}
	}
	return nil
}

// Rules are what a token must satisfy.
type Rules struct {
	Issuer   string
	Audience string
	Now      time.Time
	// Skew is the tolerated difference of clocks.
	Skew   time.Duration
	Scopes []string
}

// Verify verifies a token without any network. Its errors are InvalidTokenError and InsufficientScopeError.
//
// Cheap checks come before the signature: a flood of expired tokens must not cost signature checks.
func Verify(token string, keys *KeySet, rules Rules) (*AccessToken, error) {
	algorithm, name, err := readHeader(token)
	if err != nil {
		return nil, err
	}
	segments := strings.Split(token, ".")
	payload, err := decode(segments[1])
	if err != nil {
		return nil, err
	}
	claims, err := parseObject(payload)
	if err != nil {
		return nil, err
	}
	if err := checkClaims(claims, rules); err != nil {
		return nil, err
	}
	signature, err := decode(segments[2])
	if err != nil {
		return nil, err
	}
	if err := keys.check(algorithm, name, []byte(segments[0]+"."+segments[1]), signature); err != nil {
		return nil, err
	}
	verified := accessToken(token, claims)
	return verified, verified.Require(rules.Scopes...)
}

func accessToken(token string, claims map[string]any) *AccessToken {
	text := func(name string) string {
		value, _ := claims[name].(string)
		return value
	}
	end, _ := date(claims, "exp")
	return &AccessToken{
		Token:     token,
		Subject:   text("sub"),
		ClientID:  text("client_id"),
		Scopes:    strings.FieldsFunc(text("scope"), func(r rune) bool { return r == ' ' }),
		Audience:  text("aud"),
		ExpiresAt: time.Unix(end, 0),
		Session:   text("tsid"),
		Claims:    claims,
	}
}

// readHeader returns the algorithm and the key's name that the token gives; nothing is verified yet.
func readHeader(token string) (algorithm, name string, err error) {
	return readTypedHeader(token, "at+jwt")
}

func readTypedHeader(token, wanted string) (algorithm, name string, err error) {
	segments := strings.Split(token, ".")
	if len(token) > tokenBytesMax || len(segments) != 3 {
		return "", "", invalid("not a compact JWS")
	}
	data, err := decode(segments[0])
	if err != nil {
		return "", "", err
	}
	header, err := parseObject(data)
	if err != nil {
		return "", "", err
	}
	for _, refused := range refusedHeaders {
		if _, found := header[refused]; found {
			return "", "", invalid("the header " + refused + " is not accepted")
		}
	}
	if content, found := header["cty"]; found && content != nil {
		if text, isText := content.(string); !isText || strings.EqualFold(text, "jwt") {
			return "", "", invalid("a nested token")
		}
	}
	kind, _ := header["typ"].(string)
	if strings.TrimPrefix(strings.ToLower(kind), "application/") != wanted {
		return "", "", invalid("the type is not " + wanted)
	}
	return readKey(header)
}

func readKey(header map[string]any) (algorithm, name string, err error) {
	algorithm, _ = header["alg"].(string)
	if algorithm == "Ed25519" {
		algorithm = "EdDSA"
	}
	if !slices.Contains([]string{"ES256", "EdDSA", "RS256"}, algorithm) {
		return "", "", invalid("the algorithm is not accepted")
	}
	name, _ = header["kid"].(string)
	isPrintable := !strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r > 0x7e })
	if name == "" || len(name) > 256 || !isPrintable {
		return "", "", invalid("the token names no key")
	}
	return algorithm, name, nil
}

func checkClaims(claims map[string]any, rules Rules) error {
	for _, name := range []string{"iss", "sub", "aud", "client_id", "jti"} {
		if text, _ := claims[name].(string); text == "" {
			return invalid(name + " is missing or not a text")
		}
	}
	for _, name := range []string{"scope", "tsid"} {
		if value, found := claims[name]; found {
			if text, _ := value.(string); text == "" {
				return invalid(name + " is not a text")
			}
		}
	}
	if claims["iss"] != rules.Issuer {
		return invalid("another issuer")
	}
	if claims["aud"] != rules.Audience {
		return invalid("another audience")
	}
	// A token that is bound to a key must not be accepted without proof of that key (RFC 7800 §3.1).
	if _, found := claims["cnf"]; found {
		return invalid("the token is bound to a key")
	}
	if actor, found := claims["act"]; found {
		object, _ := actor.(map[string]any)
		if sub, _ := object["sub"].(string); sub == "" {
			return invalid("act names no actor")
		}
	}
	return checkDates(claims, rules)
}

func checkDates(claims map[string]any, rules Rules) error {
	end, err := date(claims, "exp")
	if err != nil {
		return err
	}
	if !rules.Now.Add(-rules.Skew).Before(time.Unix(end, 0)) {
		return invalid("expired")
	}
	latest := rules.Now.Add(rules.Skew)
	for _, name := range []string{"iat", "nbf"} {
		if _, found := claims[name]; !found && name == "nbf" {
			continue
		}
		begin, err := date(claims, name)
		if err != nil {
			return err
		}
		if time.Unix(begin, 0).After(latest) {
			return invalid(name + " is in the future")
		}
	}
	return nil
}

func date(claims map[string]any, name string) (int64, error) {
	number, _ := claims[name].(json.Number)
	value, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || value < 0 || value > dateMax {
		return 0, invalid(name + " is missing or not a date")
	}
	return value, nil
}
