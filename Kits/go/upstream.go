package gatehouse

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
	tokenExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	tokensMax       = 10_000
)

// UpstreamToken is a user's token at a provider.
type UpstreamToken struct {
	AccessToken string
	Upstream    string
	Scopes      []string
	// Account is the user's identifier at the provider, AccountName a name to show, if there is one.
	Account     string
	AccountName string
	// Header is the field where the provider's API expects the token as it is, for credentials that users enter; empty
	// for a bearer token.
	Header string
	// Fields are what the provider's API needs beside the token, such as instance_url.
	Fields map[string]string
	// UseUntil is until when the same token is returned again.
	UseUntil time.Time
}

// Wish narrows a retrieval; its zero value asks for the user's usual account with any scopes.
type Wish struct {
	Scopes  []string
	Account string
}

type upstreamCache struct {
	lock     sync.Mutex
	tokens   map[string]*UpstreamToken
	requests map[string]*retrieval
}

// retrieval is one request to Gatehouse, for which any number of callers wait.
type retrieval struct {
	done  chan struct{}
	token *UpstreamToken
	err   error
}

// UpstreamToken retrieves the user's token at an upstream (RFC 8693). Concurrent calls cause one request, and its
// answer is used again until shortly before it expires.
//
// Its errors are ConnectRequiredError, UserTokenRefusedError, MisconfiguredError and UnavailableError.
func (g *Gatehouse) UpstreamToken(
	ctx context.Context, userToken, upstream string, wish ...Wish,
) (*UpstreamToken, error) {
	wanted := Wish{}
	if len(wish) > 0 {
		wanted = wish[0]
	}
	key := strings.Join(append([]string{digest(userToken), upstream, wanted.Account}, wanted.Scopes...), "\x00")
	request, known := g.retrieval(ctx, key, userToken, upstream, wanted)
	if known != nil {
		return known, nil
	}
	select {
	case <-request.done:
		return request.token, request.err
	case <-ctx.Done():
		return nil, &UnavailableError{Reason: "the token was not awaited: " + ctx.Err().Error()}
	}
}

func (g *Gatehouse) retrieval(
	ctx context.Context, key, userToken, upstream string, wish Wish,
) (*retrieval, *UpstreamToken) {
	cache := &g.upstreams
	cache.lock.Lock()
	defer cache.lock.Unlock()
	if known := cache.tokens[key]; known != nil && g.options.Now().Before(known.UseUntil) {
		return nil, known
	}
	delete(cache.tokens, key)
	if running := cache.requests[key]; running != nil {
		return running, nil
	}
	request := &retrieval{done: make(chan struct{})}
	cache.requests[key] = request
	// A caller that no longer waits must not fail the others.
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	go func() {
		defer cancel()
		request.token, request.err = g.exchange(shared, userToken, upstream, wish)
		cache.lock.Lock()
		defer cache.lock.Unlock()
		delete(cache.requests, key)
		if request.err == nil {
			cache.keep(key, request.token)
		}
		close(request.done)
	}()
	return request, nil
}

func (c *upstreamCache) keep(key string, token *UpstreamToken) {
	for other := range c.tokens {
		if len(c.tokens) < tokensMax {
			break
		}
		delete(c.tokens, other)
	}
	c.tokens[key] = token
}

func (g *Gatehouse) exchange(ctx context.Context, userToken, upstream string, wish Wish) (*UpstreamToken, error) {
	form := url.Values{
		"grant_type": {tokenExchange}, "subject_token": {userToken}, "subject_token_type": {accessTokenType},
		"audience": {upstream},
	}
	if len(wish.Scopes) > 0 {
		form.Set("scope", strings.Join(wish.Scopes, " "))
	}
	if wish.Account != "" {
		form.Set("account", wish.Account)
	}
	address, err := g.endpoint(ctx, "token_endpoint")
	if err != nil {
		return nil, err
	}
	var answer struct {
		AccessToken string   `json:"access_token"`
		ExpiresIn   *float64 `json:"expires_in"`
		Scope       string   `json:"scope"`
		Account     struct {
			Sub   string `json:"sub"`
			Login string `json:"login"`
		} `json:"account"`
		Header string            `json:"header"`
		Fields map[string]string `json:"upstream_fields"`
	}
	if err := g.post(ctx, address, form, upstream, &answer); err != nil {
		return nil, err
	}
	// Gatehouse replaces a token when less than this remains; without an expiry the user may have disconnected.
	remaining := 300.0
	if answer.ExpiresIn != nil {
		remaining = *answer.ExpiresIn - min(60, *answer.ExpiresIn/10)
	}
	until := g.options.Now().Add(time.Duration(remaining * float64(time.Second)))
	if end := expiry(userToken); end.Before(until) {
		until = end
	}
	return &UpstreamToken{
		AccessToken: answer.AccessToken, Upstream: upstream, Scopes: strings.Fields(answer.Scope),
		Account: answer.Account.Sub, AccountName: answer.Account.Login, Header: answer.Header, Fields: answer.Fields,
		UseUntil: until,
	}, nil
}

// ReportInvalid says that the provider's API has refused a token; the next retrieval brings another one, or an error.
func (g *Gatehouse) ReportInvalid(ctx context.Context, userToken string, token *UpstreamToken) error {
	g.upstreams.lock.Lock()
	for key, known := range g.upstreams.tokens {
		if known.AccessToken == token.AccessToken {
			delete(g.upstreams.tokens, key)
		}
	}
	g.upstreams.lock.Unlock()
	form := url.Values{
		"subject_token": {userToken}, "subject_token_type": {accessTokenType}, "audience": {token.Upstream},
		"token_sha256": {digest(token.AccessToken)},
	}
	address := strings.TrimSuffix(g.options.Issuer, "/") + "/oauth/report-invalid"
	return g.post(ctx, address, form, token.Upstream, nil)
}

// Do sends a request to the provider's API as the user. After a 401 the token is reported and the request sent once
// more, if its body can be read again (http.Request.GetBody).
func (g *Gatehouse) Do(request *http.Request, userToken, upstream string, wish ...Wish) (*http.Response, error) {
	ctx := request.Context()
	token, err := g.UpstreamToken(ctx, userToken, upstream, wish...)
	if err != nil {
		return nil, err
	}
	response, err := g.send(request, token)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	if err := g.ReportInvalid(ctx, userToken, token); err != nil {
		response.Body.Close()
		return nil, err
	}
	again := request.Clone(ctx)
	if request.Body != nil && request.Body != http.NoBody {
		if request.GetBody == nil {
			return response, nil
		}
		if again.Body, err = request.GetBody(); err != nil {
			return response, nil
		}
	}
	response.Body.Close()
	if token, err = g.UpstreamToken(ctx, userToken, upstream, wish...); err != nil {
		return nil, err
	}
	return g.send(again, token)
}

func (g *Gatehouse) send(request *http.Request, token *UpstreamToken) (*http.Response, error) {
	copied := request.Clone(request.Context())
	if token.Header == "" {
		copied.Header.Set("Authorization", "Bearer "+token.AccessToken)
	} else {
		copied.Header.Set(token.Header, token.AccessToken)
	}
	return g.client.Do(copied)
}

func (g *Gatehouse) post(ctx context.Context, address string, form url.Values, upstream string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return &MisconfiguredError{Reason: "the issuer is not a URL"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// RFC 6749 §2.3.1: both parts are encoded as in a form.
	request.SetBasicAuth(url.QueryEscape(g.options.ClientID), url.QueryEscape(g.options.ClientSecret))
	response, err := g.direct.Do(request)
	if err != nil {
		return &UnavailableError{Reason: "Gatehouse does not answer: " + err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return &UnavailableError{Reason: "Gatehouse's answer ended early: " + err.Error()}
	}
	isSuccess := response.StatusCode >= 200 && response.StatusCode < 300
	// 429 of a report: the token was replaced less than a minute ago; the next retrieval has what there is.
	if isSuccess && answer == nil || answer == nil && response.StatusCode == http.StatusTooManyRequests {
		return nil
	}
	if isSuccess {
		if json.Unmarshal(body, answer) != nil {
			return &UnavailableError{Reason: "Gatehouse's answer is not JSON"}
		}
		return nil
	}
	return refusal(upstream, response, body)
}

func refusal(upstream string, response *http.Response, body []byte) error {
	var answer struct {
		Error         string   `json:"error"`
		Description   string   `json:"error_description"`
		Reason        string   `json:"reason"`
		ConnectURI    string   `json:"connect_uri"`
		MissingScopes []string `json:"missing_scopes"`
	}
	// Without JSON the status says it all.
	_ = json.Unmarshal(body, &answer)
	text := fmt.Sprintf("%d %s: %s", response.StatusCode, answer.Error, answer.Description)
	switch {
	case answer.Error == "interaction_required":
		return &ConnectRequiredError{upstream, answer.Reason, answer.ConnectURI, answer.MissingScopes}
	case answer.Error == "invalid_grant":
		return &UserTokenRefusedError{Reason: text}
	case response.StatusCode == 429 || response.StatusCode >= 502 && response.StatusCode <= 504:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &UnavailableError{Reason: text, RetryAfter: time.Duration(max(seconds, 0)) * time.Second}
	}
	return &MisconfiguredError{Reason: text}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// expiry is `exp` of a token that the server has verified; nothing is kept beside another one.
func expiry(userToken string) time.Time {
	segments := strings.Split(userToken, ".")
	if len(segments) != 3 {
		return time.Time{}
	}
	data, err := decode(segments[1])
	if err != nil {
		return time.Time{}
	}
	claims, err := parseObject(data)
	if err != nil {
		return time.Time{}
	}
	end, _ := date(claims, "exp")
	return time.Unix(end, 0)
}
