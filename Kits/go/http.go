package gatehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// MetadataPath is where the resource's metadata must be (RFC 9728 §3).
func (g *Gatehouse) MetadataPath() string {
	resource, _ := url.Parse(g.options.Resource)
	if resource == nil {
		return "/.well-known/oauth-protected-resource"
	}
	return "/.well-known/oauth-protected-resource" + strings.TrimSuffix(resource.EscapedPath(), "/")
}

// MetadataHandler answers with what the server says about itself (RFC 9728 §2).
func (g *Gatehouse) MetadataHandler() http.Handler {
	document := map[string]any{
		"resource": g.options.Resource, "authorization_servers": []string{g.options.Issuer},
		"bearer_methods_supported": []string{"header"},
	}
	if len(g.options.Scopes) > 0 {
		document["scopes_supported"] = g.options.Scopes
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, document)
	})
}

// Challenge is the value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1); without an error it has none.
func (g *Gatehouse) Challenge(code string, scopes ...string) string {
	parts := []string{}
	if code != "" {
		parts = append(parts, fmt.Sprintf("error=%q", code))
	}
	if len(scopes) > 0 {
		parts = append(parts, fmt.Sprintf("scope=%q", strings.Join(scopes, " ")))
	}
	origin := ""
	if resource, err := url.Parse(g.options.Resource); err == nil {
		origin = resource.Scheme + "://" + resource.Host
	}
	parts = append(parts, fmt.Sprintf("resource_metadata=%q", origin+g.MetadataPath()))
	return "Bearer " + strings.Join(parts, ", ")
}

type contextKey struct{}

// TokenFrom is the verified token of a request that Guard has accepted.
func TokenFrom(ctx context.Context) (*AccessToken, bool) {
	token, found := ctx.Value(contextKey{}).(*AccessToken)
	return token, found
}

var bearer = regexp.MustCompile(`^(?i:bearer) +([^ ,]+) *$`)

// Guard passes requests with a valid access token on and answers the others; without scopes the token must have those
// of the options.
func (g *Gatehouse) Guard(next http.Handler, scopes ...string) http.Handler {
	if len(scopes) == 0 {
		scopes = g.options.Scopes
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.Header.Values("Authorization")
		if len(values) == 0 {
			g.refuse(w, http.StatusUnauthorized, "", scopes)
			return
		}
		match := bearer.FindStringSubmatch(values[0])
		if len(values) > 1 || match == nil {
			g.refuse(w, http.StatusUnauthorized, "invalid_token", scopes)
			return
		}
		token, err := g.Verify(r.Context(), match[1], scopes...)
		var invalid *InvalidTokenError
		var insufficient *InsufficientScopeError
		switch {
		case err == nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, token)))
		case errors.As(err, &invalid):
			g.refuse(w, http.StatusUnauthorized, "invalid_token", scopes)
		case errors.As(err, &insufficient):
			g.refuse(w, http.StatusForbidden, "insufficient_scope", insufficient.Required)
		default:
			w.Header().Set("Retry-After", "5")
			writeJSON(w, http.StatusServiceUnavailable, map[string]any{"error": "temporarily_unavailable"})
		}
	})
}

func (g *Gatehouse) refuse(w http.ResponseWriter, status int, code string, scopes []string) {
	w.Header().Set("WWW-Authenticate", g.Challenge(code, scopes...))
	if code == "" {
		code = "unauthorized"
	}
	writeJSON(w, status, map[string]any{"error": code})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client has gone if this fails.
	_ = json.NewEncoder(w).Encode(value)
}
