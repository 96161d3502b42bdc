// Package gatehouse is for MCP servers behind Gatehouse: it verifies access tokens, retrieves the users' tokens at
// upstream providers, and says what a server has to say about itself. It uses the standard library only.
//
// Copy the folder into your module, or require it with a replace directive.
package gatehouse

import (
	"fmt"
	"strings"
	"time"
)

// InvalidTokenError says that the access token is not accepted; answer 401. Its reason is for the log, not for the
// client.
type InvalidTokenError struct{ Reason string }

func (e *InvalidTokenError) Error() string { return "invalid token: " + e.Reason }

func invalid(reason string) error { return &InvalidTokenError{Reason: reason} }

// InsufficientScopeError says that the access token is valid and lacks scopes; answer 403.
type InsufficientScopeError struct{ Required []string }

func (e *InsufficientScopeError) Error() string {
	return "the token lacks one of: " + strings.Join(e.Required, " ")
}

// UnavailableError says that Gatehouse or the provider does not answer now.
type UnavailableError struct {
	Reason string
	// RetryAfter is zero if it is not known.
	RetryAfter time.Duration
}

func (e *UnavailableError) Error() string { return e.Reason }

// UserTokenRefusedError says that Gatehouse no longer accepts the user's access token, for example because its session
// has ended; answer 401.
type UserTokenRefusedError struct{ Reason string }

func (e *UserTokenRefusedError) Error() string { return e.Reason }

// MisconfiguredError says that this server's credentials, the resource or the upstream's name is wrong; an operator has
// to act.
type MisconfiguredError struct{ Reason string }

func (e *MisconfiguredError) Error() string { return e.Reason }

// ConnectRequiredError says that the user has to connect the upstream, or connect it again.
type ConnectRequiredError struct {
	Upstream string
	// Reason is not_connected, reauth_required or scope_missing.
	Reason string
	// ConnectURI is the page to pass to the user unchanged.
	ConnectURI    string
	MissingScopes []string
}

func (e *ConnectRequiredError) Error() string {
	return fmt.Sprintf("%s has to be connected: %s", e.Upstream, e.Reason)
}

// Result is the result of an MCP tool call that lets the client open the page and repeat the call (MCP 2026-07-28,
// URL-mode elicitation).
func (e *ConnectRequiredError) Result() map[string]any {
	again := ""
	if e.Reason == "reauth_required" {
		again = "again "
	}
	parameters := map[string]any{
		"mode":    "url",
		"message": fmt.Sprintf("Connect your %s account %sto continue.", e.Upstream, again),
		"url":     e.ConnectURI,
	}
	request := map[string]any{"method": "elicitation/create", "params": parameters}
	return map[string]any{"resultType": "input_required", "inputRequests": map[string]any{"connect": request}}
}
