package gatehouse

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const testNow = 1_795_000_000

// transmitter signs tokens and events, and answers polls with the events that are not acknowledged.
type transmitter struct {
	*httptest.Server
	key     *ecdsa.PrivateKey
	lock    sync.Mutex
	events  map[string]string
	changed chan struct{}
	streams int
	failing int
	dropped chan string
}

func newTransmitter(t *testing.T) (*transmitter, *Gatehouse) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &transmitter{key: key, events: map[string]string{}, changed: make(chan struct{}), dropped: make(chan string, 9)}
	p.Server = httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(p.Close)
	kit := New(Options{
		Issuer: p.URL, Resource: "https://mcp.example/mcp", ClientID: "id", ClientSecret: "secret",
		Now: func() time.Time { return time.Unix(testNow, 0) }, RetryDelay: time.Millisecond,
	})
	return p, kit
}

func (p *transmitter) sign(claims map[string]any, kind string) string {
	header, _ := json.Marshal(map[string]any{"alg": "ES256", "kid": "k", "typ": kind})
	payload, _ := json.Marshal(claims)
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, _ := ecdsa.Sign(rand.Reader, p.key, digest[:])
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (p *transmitter) token(session, identifier string, issued int64) string {
	return p.sign(map[string]any{
		"iss": p.URL, "sub": "u", "aud": "https://mcp.example/mcp", "client_id": "c", "jti": identifier,
		"tsid": session, "iat": issued, "exp": issued + 3600,
	}, "at+jwt")
}

func (p *transmitter) end(identifier string, subject, event map[string]any, changes map[string]any) {
	claims := map[string]any{
		"iss": p.URL, "aud": "id", "jti": identifier, "iat": testNow, "sub_id": subject,
		"events": map[string]any{sessionRevoked: event},
	}
	kind := "secevent+jwt"
	for name, value := range changes {
		if name == "typ" {
			kind = value.(string)
		} else {
			claims[name] = value
		}
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.events[identifier] = p.sign(claims, kind)
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *transmitter) answer(w http.ResponseWriter, r *http.Request) {
	_, _, isAuthenticated := r.BasicAuth()
	switch {
	case strings.HasSuffix(r.URL.Path, "/oauth-authorization-server"):
		writeJSON(w, 200, map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
	case r.URL.Path == "/keys":
		x := base64.RawURLEncoding.EncodeToString(p.key.X.FillBytes(make([]byte, 32)))
		y := base64.RawURLEncoding.EncodeToString(p.key.Y.FillBytes(make([]byte, 32)))
		key := map[string]any{"kty": "EC", "crv": "P-256", "kid": "k", "x": x, "y": y}
		writeJSON(w, 200, map[string]any{"keys": []any{key}})
	case strings.HasSuffix(r.URL.Path, "/ssf-configuration"):
		writeJSON(w, 200, map[string]any{
			"issuer": p.URL, "configuration_endpoint": p.URL + "/stream",
			"delivery_methods_supported": []string{pollMethod},
		})
	case !isAuthenticated:
		writeJSON(w, 401, map[string]any{})
	case r.Method == http.MethodDelete:
		p.dropped <- r.URL.Query().Get("stream_id")
		w.WriteHeader(204)
	case r.URL.Path == "/stream":
		p.lock.Lock()
		p.streams++
		number := p.streams
		p.lock.Unlock()
		endpoint := map[string]any{"endpoint_url": fmt.Sprint(p.URL, "/poll/", number)}
		writeJSON(w, 201, map[string]any{"stream_id": fmt.Sprint("es_", number), "delivery": endpoint})
	default:
		p.poll(w, r)
	}
}

func (p *transmitter) poll(w http.ResponseWriter, r *http.Request) {
	var poll struct {
		Ack         []string       `json:"ack"`
		Errors      map[string]any `json:"setErrs"`
		Immediately bool           `json:"returnImmediately"`
	}
	_ = json.NewDecoder(r.Body).Decode(&poll)
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.failing > 0 {
		p.failing--
		writeJSON(w, 503, map[string]any{})
		return
	}
	if r.URL.Path != fmt.Sprint("/poll/", p.streams) {
		writeJSON(w, 404, map[string]any{})
		return
	}
	for _, identifier := range poll.Ack {
		delete(p.events, identifier)
	}
	for identifier := range poll.Errors {
		delete(p.events, identifier)
	}
	for len(p.events) == 0 && !poll.Immediately {
		changed := p.changed
		p.lock.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		p.lock.Lock()
		if r.Context().Err() != nil {
			return
		}
	}
	writeJSON(w, 200, map[string]any{"sets": p.events, "moreAvailable": false})
}

func isRefused(kit *Gatehouse, token string) bool {
	_, err := kit.Verify(context.Background(), token)
	var invalid *InvalidTokenError
	return errors.As(err, &invalid) && invalid.Reason == "revoked"
}

func untilRefused(t *testing.T, kit *Gatehouse, token string) {
	for begin := time.Now(); !isRefused(kit, token); time.Sleep(time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("the token is still accepted")
		}
	}
}

func session(id string) map[string]any {
	return map[string]any{"format": "complex", "session": map[string]any{"format": "opaque", "id": id}}
}

func TestWhatEndsIsRefused(t *testing.T) {
	p, kit := newTransmitter(t)
	ctx, stop := context.WithCancel(context.Background())
	old, next, other := p.token("ts_1", "1", testNow), p.token("ts_2", "2", testNow), p.token("ts_3", "3", testNow)
	p.end("e1", session("ts_1"), map[string]any{}, nil)
	if err := kit.FollowRevocations(ctx); err != nil {
		t.Fatal(err)
	}
	if !isRefused(kit, old) || isRefused(kit, next) {
		t.Fatal("the wrong token is refused")
	}
	p.end("e2", session("ts_2"), map[string]any{}, nil)
	untilRefused(t, kit, next)
	single := map[string]any{"format": "jwt_id", "iss": p.URL, "jti": "3"}
	p.end("e3", single, map[string]any{}, nil)
	untilRefused(t, kit, other)
	early, late := p.token("ts_4", "4", testNow-10), p.token("ts_4", "5", testNow-4)
	tenant := map[string]any{"format": "complex", "tenant": map[string]any{"format": "opaque", "id": p.URL}}
	p.end("l4", tenant, map[string]any{"event_timestamp": testNow - 5}, nil)
	untilRefused(t, kit, early)
	if isRefused(kit, late) {
		t.Fatal("a token that was issued later is refused")
	}
	stop()
	if dropped := <-p.dropped; dropped != "es_1" {
		t.Fatal("the stream was not dropped", dropped)
	}
}

func TestEventsThatCannotBeReadRefuseEveryEarlierToken(t *testing.T) {
	for name, change := range map[string]any{
		"iss": "https://other.example", "aud": "other", "typ": "at+jwt", "sub_id": nil, "events": nil,
	} {
		p, kit := newTransmitter(t)
		ctx, stop := context.WithCancel(context.Background())
		p.end("e1", session("ts_1"), map[string]any{}, map[string]any{name: change})
		if err := kit.FollowRevocations(ctx); err != nil {
			t.Fatal(name, err)
		}
		if !isRefused(kit, p.token("ts_9", "9", testNow)) {
			t.Fatal(name)
		}
		stop()
		<-p.dropped
	}
}

func TestALostStreamIsMadeAnew(t *testing.T) {
	p, kit := newTransmitter(t)
	ctx, stop := context.WithCancel(context.Background())
	if err := kit.FollowRevocations(ctx); err != nil {
		t.Fatal(err)
	}
	p.lock.Lock()
	p.failing = 3
	p.streams++
	p.lock.Unlock()
	p.end("e1", session("ts_1"), map[string]any{}, nil)
	untilRefused(t, kit, p.token("ts_1", "1", testNow))
	stop()
	<-p.dropped
}

func TestAnIssuerWithoutEventsIsMisconfigured(t *testing.T) {
	_, kit := newPeer(t, nil)
	var misconfigured *MisconfiguredError
	if err := kit.FollowRevocations(context.Background()); !errors.As(err, &misconfigured) {
		t.Fatal(err)
	}
}
