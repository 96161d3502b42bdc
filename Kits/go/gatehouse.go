package gatehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	answerBytesMax  = 1 << 20
	keysAgeUsual    = time.Hour
	keysAgeMax      = 24 * time.Hour
	unknownKeysRate = 6
)

// Options are what a server knows of its Gatehouse.
type Options struct {
	// Issuer is the issuer, character by character as in its metadata.
	Issuer string
	// Resource is this server's URI, the audience of its tokens.
	Resource string
	// ClientID and ClientSecret are this resource server's credentials, which only UpstreamToken needs.
	ClientID     string
	ClientSecret string
	// Scopes are those that every request needs.
	Scopes []string
	// Skew is the tolerated difference of clocks, 5 s if it is zero.
	Skew time.Duration
	// Client sends the requests, http.DefaultClient's transport if it is nil.
	Client *http.Client
	// Now is the clock, time.Now if it is nil.
	Now func() time.Time
	// RetryDelay is the first pause after events could not be read, 1 s if it is zero.
	RetryDelay time.Duration
}

// Gatehouse verifies the access tokens of one resource and retrieves its users' upstream tokens. One value per process
// is enough; it may be used by any number of goroutines.
type Gatehouse struct {
	options Options
	// Requests to APIs; those to Gatehouse itself follow no redirect, which would take secrets elsewhere.
	client *http.Client
	direct *http.Client

	// Held by the goroutine that fetches metadata or keys; the others wait for what it finds.
	turn     chan struct{}
	lock     sync.Mutex
	metadata map[string]any
	keys     *KeySet
	fetched  time.Time
	until    time.Time
	unknown  []time.Time

	upstreams upstreamCache
	revoked   revokedTokens
}

// New makes a Gatehouse; it sends nothing.
func New(options Options) *Gatehouse {
	if options.Skew == 0 {
		options.Skew = 5 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	client := options.Client
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Gatehouse{
		options:   options,
		client:    client,
		direct:    &direct,
		turn:      make(chan struct{}, 1),
		upstreams: upstreamCache{tokens: map[string]*UpstreamToken{}, requests: map[string]*retrieval{}},
	}
}

// Verify verifies an access token; without scopes it must have those of the options. Its errors are InvalidTokenError,
// InsufficientScopeError and UnavailableError.
func (g *Gatehouse) Verify(ctx context.Context, token string, scopes ...string) (*AccessToken, error) {
	_, name, err := readHeader(token)
	if err != nil {
		return nil, err
	}
	keys, err := g.keySet(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		scopes = g.options.Scopes
	}
	verified, err := Verify(token, keys, Rules{
		Issuer: g.options.Issuer, Audience: g.options.Resource, Now: g.options.Now(), Skew: g.options.Skew,
	})
	if err != nil {
		return nil, err
	}
	if err := g.revoked.check(verified); err != nil {
		return nil, err
	}
	return verified, verified.Require(scopes...)
}

func (g *Gatehouse) keySet(ctx context.Context, name string) (*KeySet, error) {
	if keys, isCurrent := g.currentKeys(); isCurrent {
		if keys.Has(name) {
			return keys, nil
		}
		// A key that was published after our copy; or a forged name, which must not cause requests without end.
		if !g.mayLookForUnknown() {
			return nil, invalid("no published key has this name")
		}
	}
	before := g.lastFetch()
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return nil, &UnavailableError{Reason: "the keys were not awaited: " + ctx.Err().Error()}
	}
	if keys, isCurrent := g.currentKeys(); isCurrent && g.lastFetch() != before {
		return keys, nil
	}
	return g.fetchKeys(ctx)
}

func (g *Gatehouse) currentKeys() (*KeySet, bool) {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.keys, g.keys != nil && time.Now().Before(g.until)
}

func (g *Gatehouse) lastFetch() time.Time {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.fetched
}

func (g *Gatehouse) mayLookForUnknown() bool {
	g.lock.Lock()
	defer g.lock.Unlock()
	recent := g.unknown[:0]
	for _, moment := range g.unknown {
		if time.Since(moment) < time.Minute {
			recent = append(recent, moment)
		}
	}
	g.unknown = recent
	if len(g.unknown) >= unknownKeysRate {
		return false
	}
	g.unknown = append(g.unknown, time.Now())
	return true
}

var maxAge = regexp.MustCompile(`max-age=(\d{1,9})`)

func (g *Gatehouse) fetchKeys(ctx context.Context) (*KeySet, error) {
	body, header, err := g.readKeys(ctx)
	g.lock.Lock()
	defer g.lock.Unlock()
	if err != nil {
		// Keys remain in use for a day while Gatehouse does not answer.
		if g.keys != nil && time.Since(g.fetched) < keysAgeMax {
			return g.keys, nil
		}
		return nil, err
	}
	age := keysAgeUsual
	if match := maxAge.FindStringSubmatch(header.Get("Cache-Control")); match != nil {
		seconds, _ := strconv.Atoi(match[1])
		age = min(time.Duration(seconds)*time.Second, keysAgeMax)
	}
	g.keys, g.fetched = ParseKeySet(body), time.Now()
	g.until = g.fetched.Add(age)
	return g.keys, nil
}

func (g *Gatehouse) readKeys(ctx context.Context) ([]byte, http.Header, error) {
	address, err := g.endpoint(ctx, "jwks_uri")
	if err != nil {
		return nil, nil, err
	}
	return g.get(ctx, address)
}

// endpoint returns an address of the metadata (RFC 8414 §3), which is fetched once.
func (g *Gatehouse) endpoint(ctx context.Context, name string) (string, error) {
	g.lock.Lock()
	metadata := g.metadata
	g.lock.Unlock()
	if metadata == nil {
		issuer, err := url.Parse(g.options.Issuer)
		if err != nil {
			return "", &MisconfiguredError{Reason: "the issuer is not a URL"}
		}
		path := strings.TrimSuffix(issuer.EscapedPath(), "/")
		address := issuer.Scheme + "://" + issuer.Host + "/.well-known/oauth-authorization-server" + path
		body, _, err := g.get(ctx, address)
		if err != nil {
			return "", err
		}
		if json.Unmarshal(body, &metadata) != nil || metadata["issuer"] != g.options.Issuer {
			return "", &UnavailableError{Reason: address + " names another issuer"}
		}
		g.lock.Lock()
		g.metadata = metadata
		g.lock.Unlock()
	}
	address, _ := metadata[name].(string)
	if address == "" {
		return "", &MisconfiguredError{Reason: "the metadata has no " + name}
	}
	return address, nil
}

func (g *Gatehouse) get(ctx context.Context, address string) ([]byte, http.Header, error) {
	unavailable := func(reason any) error {
		return &UnavailableError{Reason: fmt.Sprintf("%s cannot be read: %v", address, reason)}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, unavailable("not a URL")
	}
	response, err := g.direct.Do(request)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, unavailable(response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return nil, nil, unavailable(err)
	}
	return body, response.Header, nil
}
