package gatehouse

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// peer is a server in the place of Gatehouse, which counts its requests.
type peer struct {
	*httptest.Server
	metadata, keys, tokens atomic.Int64
	status                 atomic.Int64
	token                  http.HandlerFunc
}

func newPeer(t *testing.T, token http.HandlerFunc) (*peer, *Gatehouse) {
	p := &peer{token: token}
	p.status.Store(200)
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		p.metadata.Add(1)
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q,"token_endpoint":%q}`, p.URL, p.URL+"/keys", p.URL+"/token")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.keys.Add(1)
		w.WriteHeader(int(p.status.Load()))
		_, _ = w.Write([]byte(`{"keys":[]}`))
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		p.tokens.Add(1)
		p.token(w, r)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p, New(Options{Issuer: p.URL, Resource: "https://mcp.example.com/mcp", ClientID: "a b", ClientSecret: "c:d"})
}

// forged has a key's name that is not published.
func forged(name string) string {
	header := fmt.Sprintf(`{"alg":"ES256","typ":"at+jwt","kid":%q}`, name)
	return encoded(header) + "." + encoded(`{}`) + ".AAAA"
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestForgedNamesCauseFewRequests(t *testing.T) {
	p, kit := newPeer(t, nil)
	for index := range 100 {
		_, err := kit.Verify(context.Background(), forged(fmt.Sprint("key", index)))
		var invalid *InvalidTokenError
		if !errors.As(err, &invalid) {
			t.Fatal(err)
		}
	}
	if count := p.keys.Load(); count != 1+unknownKeysRate {
		t.Errorf("%d requests", count)
	}
	if count := p.metadata.Load(); count != 1 {
		t.Errorf("%d requests of metadata", count)
	}
}

func TestKeysRemainWhileGatehouseDoesNotAnswer(t *testing.T) {
	p, kit := newPeer(t, nil)
	_, _ = kit.Verify(context.Background(), forged("a"))
	p.status.Store(503)
	kit.until = time.Now()
	_, err := kit.Verify(context.Background(), forged("a"))
	var invalid *InvalidTokenError
	if !errors.As(err, &invalid) {
		t.Error(err)
	}
	kit.fetched = time.Now().Add(-2 * keysAgeMax)
	_, err = kit.Verify(context.Background(), forged("a"))
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) {
		t.Error(err)
	}
}

func TestAnotherIssuersMetadataIsRefused(t *testing.T) {
	p, _ := newPeer(t, nil)
	kit := New(Options{Issuer: strings.Replace(p.URL, "127.0.0.1", "localhost", 1)})
	_, err := kit.Verify(context.Background(), forged("a"))
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) {
		t.Error(err)
	}
}

func TestSecretsFollowNoRedirect(t *testing.T) {
	p, kit := newPeer(t, nil)
	reached := atomic.Bool{}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	p.token = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, 307) }
	_, err := kit.UpstreamToken(context.Background(), "token", "github")
	if err == nil || reached.Load() {
		t.Error(err, reached.Load())
	}
}

func TestRetrieval(t *testing.T) {
	answer := `{"access_token":"secret","expires_in":1000,"scope":"repo user","upstream_fields":{"instance_url":"x"},` +
		`"account":{"sub":"42","login":"ada"}}`
	p, kit := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "a+b" || secret != "c%3Ad" || r.FormValue("audience") != "github" || r.FormValue("scope") != "repo" {
			t.Error(id, r.Form)
		}
		_, _ = w.Write([]byte(answer))
	})
	now := time.Now()
	kit.options.Now = func() time.Time { return now }
	user := encoded(`{}`) + "." + encoded(fmt.Sprintf(`{"exp":%d}`, now.Unix()+900)) + "." + encoded("x")
	get := func() *UpstreamToken {
		token, err := kit.UpstreamToken(context.Background(), user, "github", Wish{Scopes: []string{"repo"}})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := get()
	if first.AccessToken != "secret" || first.Fields["instance_url"] != "x" || len(first.Scopes) != 2 ||
		first.Account != "42" || first.AccountName != "ada" || first.Header != "" {
		t.Error(first)
	}
	if get() != first {
		t.Error("it was not kept")
	}
	// Never longer than the user's own token.
	now = now.Add(900 * time.Second)
	if get() == first || p.tokens.Load() != 2 {
		t.Error("it was kept too long")
	}
	// A user token whose end cannot be read is never kept.
	for range 2 {
		_, _ = kit.UpstreamToken(context.Background(), "opaque", "github", Wish{Scopes: []string{"repo"}})
	}
	if count := p.tokens.Load(); count != 4 {
		t.Errorf("%d requests", count)
	}
}

func TestAnEnteredCredentialGoesIntoItsHeader(t *testing.T) {
	_, kit := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"sk_1","token_type":"N_A","header":"X-Api-Key"}`))
	})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "sk_1" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer api.Close()
	request, _ := http.NewRequest(http.MethodGet, api.URL, nil)
	answer, err := kit.Do(request, "token", "weather")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	status, body := 0, ""
	_, kit := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	for _, row := range []struct {
		status int
		body   string
		isKind func(error) bool
	}{
		{400, `{"error":"invalid_grant"}`, isA[*UserTokenRefusedError]},
		{400, `{"error":"interaction_required","reason":"not_connected","connect_uri":"u"}`, isA[*ConnectRequiredError]},
		{401, `{"error":"invalid_client"}`, isA[*MisconfiguredError]},
		{400, `{"error":"invalid_target"}`, isA[*MisconfiguredError]},
		{503, `<html>`, isA[*UnavailableError]}, {429, ``, isA[*UnavailableError]},
		{200, `<html>`, isA[*UnavailableError]}, {302, ``, isA[*MisconfiguredError]},
	} {
		status, body = row.status, row.body
		_, err := kit.UpstreamToken(context.Background(), "token", "github")
		if !row.isKind(err) {
			t.Errorf("%d %s: %T", row.status, row.body, err)
		}
		var unavailable *UnavailableError
		if errors.As(err, &unavailable) && row.status >= 400 && unavailable.RetryAfter != 7*time.Second {
			t.Error(unavailable.RetryAfter)
		}
	}
}

func isA[E error](err error) bool {
	var found E
	return errors.As(err, &found)
}

func TestOneCallerThatLeavesDoesNotFailTheOthers(t *testing.T) {
	release := make(chan struct{})
	_, kit := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write([]byte(`{"access_token":"secret"}`))
	})
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() {
		_, err := kit.UpstreamToken(ctx, "token", "github")
		left <- err
	}()
	for {
		kit.upstreams.lock.Lock()
		running := len(kit.upstreams.requests)
		kit.upstreams.lock.Unlock()
		if running == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-left; !isA[*UnavailableError](err) {
		t.Error(err)
	}
	close(release)
	token, err := kit.UpstreamToken(context.Background(), "token", "github")
	if err != nil || token.AccessToken != "secret" {
		t.Error(err)
	}
}

func TestTheResponseOfUnreadableBodiesIsReturned(t *testing.T) {
	if os.Getenv("GATEHOUSE_BINARY") == "" {
		t.Skip("GATEHOUSE_BINARY is not set")
	}
	server, kit := start(t)
	token, _ := server.session("ada")
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }))
	defer api.Close()
	// A body without GetBody cannot be sent twice.
	request, _ := http.NewRequest(http.MethodPost, api.URL, struct{ *strings.Reader }{strings.NewReader("x")})
	answer, err := kit.Do(request, token, "github")
	if err != nil || answer.StatusCode != 401 {
		t.Error(err)
	}
}
