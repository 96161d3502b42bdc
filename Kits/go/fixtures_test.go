package gatehouse

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"
)

// The verdicts that every verifier must reach: Kits/fixtures.
func TestPolicyFixtures(t *testing.T) {
	data, err := os.ReadFile("../fixtures/access-tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	var fixtures struct {
		Issuer, Audience string
		Now              int64
		JWKS             json.RawMessage
		Cases            []struct {
			Name, Token, Verdict string
			Skew                 float64
			Scopes               []string
		}
	}
	if err := json.Unmarshal(data, &fixtures); err != nil {
		t.Fatal(err)
	}
	keys := ParseKeySet(fixtures.JWKS)
	for _, row := range fixtures.Cases {
		_, err := Verify(row.Token, keys, Rules{
			Issuer: fixtures.Issuer, Audience: fixtures.Audience, Now: time.Unix(fixtures.Now, 0),
			Skew: time.Duration(row.Skew * float64(time.Second)), Scopes: row.Scopes,
		})
		if found := verdict(err); found != row.Verdict {
			t.Errorf("%s: %s instead of %s", row.Name, found, row.Verdict)
		}
	}
	if len(fixtures.Cases) != 200 {
		t.Errorf("%d cases", len(fixtures.Cases))
	}
}

func verdict(err error) string {
	var invalid *InvalidTokenError
	var insufficient *InsufficientScopeError
	switch {
	case err == nil:
		return "accept"
	case errors.As(err, &invalid):
		return "invalid"
	case errors.As(err, &insufficient):
		return "insufficient_scope"
	}
	return err.Error()
}
