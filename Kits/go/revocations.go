package gatehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
	pollMethod     = "urn:ietf:rfc:8936"
	// Longer than the longest access token lives.
	revokedAge = 25 * time.Hour
	revokedMax = 200_000
	// Longer than Gatehouse lets a poll wait.
	pollTimeout = 40 * time.Second
)

// revokedTokens are the sessions and tokens that are refused.
type revokedTokens struct {
	lock     sync.Mutex
	sessions map[string]time.Time
	tokens   map[string]time.Time
	// Tokens that were issued until then are refused.
	before time.Time
}

func (r *revokedTokens) check(token *AccessToken) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	identifier, _ := token.Claims["jti"].(string)
	issued, _ := date(token.Claims, "iat")
	_, isOver := r.sessions[token.Session]
	_, isRevoked := r.tokens[identifier]
	if isOver || isRevoked || !r.before.IsZero() && !time.Unix(issued, 0).After(r.before) {
		return invalid("revoked")
	}
	return nil
}

// refuseAll refuses every token that was issued until a time; clients then refresh.
func (r *revokedTokens) refuseAll(until time.Time) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if until.After(r.before) {
		r.before = until
	}
}

func (r *revokedTokens) keep(table *map[string]time.Time, name string, now time.Time) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if *table == nil {
		*table = map[string]time.Time{}
	}
	if len(*table) >= revokedMax {
		for other, moment := range *table {
			if now.Sub(moment) > revokedAge {
				delete(*table, other)
			}
		}
	}
	if len(*table) >= revokedMax {
		// No room: what is not remembered is refused by its time.
		clear(*table)
		r.before = now
	}
	(*table)[name] = now
}

// add takes the claims of an event; one of another type changes nothing.
func (r *revokedTokens) add(claims map[string]any, now time.Time) error {
	events, isObject := claims["events"].(map[string]any)
	if !isObject {
		return invalid("the event has no events")
	}
	event, found := events[sessionRevoked].(map[string]any)
	if !found {
		return nil
	}
	subject, isObject := claims["sub_id"].(map[string]any)
	if !isObject {
		return invalid("the event has no subject")
	}
	session, _ := subject["session"].(map[string]any)
	identifier, _ := subject["jti"].(string)
	name, _ := session["id"].(string)
	switch {
	case subject["format"] == "jwt_id" && identifier != "":
		r.keep(&r.tokens, identifier, now)
	case name != "":
		r.keep(&r.sessions, name, now)
	default:
		// The whole issuer, or a subject that this version does not know: to refuse too many is safe.
		moment, err := date(event, "event_timestamp")
		if err != nil {
			moment = now.Unix()
		}
		r.refuseAll(time.Unix(moment, 0))
	}
	return nil
}

// stream is a stream of events (OpenID SSF 1.0), and what the next poll acknowledges.
type stream struct {
	configuration, id, endpoint string
	acknowledged                []string
	errors                      map[string]any
}

var errStreamGone = errors.New("the stream is gone")

// FollowRevocations begins to learn of ended sessions and revoked tokens, which Verify and Guard refuse from then on.
//
// It returns once everything is known that has ended so far, with an UnavailableError or a MisconfiguredError if that
// fails. What ends later is awaited in a goroutine, which tries again whenever Gatehouse does not answer, until ctx is
// done. Call it once, at the start of each process; Gatehouse needs `shared_signals: {enabled: true}`.
func (g *Gatehouse) FollowRevocations(ctx context.Context) error {
	current, err := g.subscribe(ctx)
	if err != nil {
		return err
	}
	go g.follow(ctx, current)
	return nil
}

func (g *Gatehouse) follow(ctx context.Context, current *stream) {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if current != nil {
			// Gatehouse drops a stream that nobody uses.
			_ = g.sendJSON(ctx, http.MethodDelete, current.configuration+"?stream_id="+url.QueryEscape(current.id), nil, nil)
		}
	}()
	for delay := g.retryDelay(); ctx.Err() == nil; {
		var err error
		if current == nil {
			current, err = g.subscribe(ctx)
		} else {
			_, err = g.poll(ctx, current, true)
		}
		switch {
		case err == nil:
			delay = g.retryDelay()
		case errors.Is(err, errStreamGone):
			current = nil
		default:
			select {
			case <-ctx.Done():
			case <-time.After(delay):
			}
			delay = min(2*delay, 30*time.Second)
		}
	}
}

func (g *Gatehouse) retryDelay() time.Duration {
	if g.options.RetryDelay > 0 {
		return g.options.RetryDelay
	}
	return time.Second
}

// subscribe makes a stream and reads everything that it says at once.
func (g *Gatehouse) subscribe(ctx context.Context) (*stream, error) {
	issuer, err := url.Parse(g.options.Issuer)
	if err != nil {
		return nil, &MisconfiguredError{Reason: "the issuer is not a URL"}
	}
	var metadata struct {
		Issuer        string   `json:"issuer"`
		Configuration string   `json:"configuration_endpoint"`
		Methods       []string `json:"delivery_methods_supported"`
	}
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	address := issuer.Scheme + "://" + issuer.Host + "/.well-known/ssf-configuration" + path
	if err := g.sendJSON(ctx, http.MethodGet, address, nil, &metadata); err != nil {
		return nil, err
	}
	if metadata.Issuer != g.options.Issuer || !slices.Contains(metadata.Methods, pollMethod) {
		return nil, &MisconfiguredError{Reason: address + " is another issuer's, or offers no poll"}
	}
	var made struct {
		ID       string `json:"stream_id"`
		Delivery struct {
			Endpoint string `json:"endpoint_url"`
		} `json:"delivery"`
	}
	body := map[string]any{"delivery": map[string]any{"method": pollMethod}}
	if err := g.sendJSON(ctx, http.MethodPost, metadata.Configuration, body, &made); err != nil {
		return nil, err
	}
	current := &stream{configuration: metadata.Configuration, id: made.ID, endpoint: made.Delivery.Endpoint}
	for hasMore := true; hasMore; {
		if hasMore, err = g.poll(ctx, current, false); err != nil {
			return nil, err
		}
	}
	return current, nil
}

// poll takes the next events; true if there are more at once.
func (g *Gatehouse) poll(ctx context.Context, current *stream, waits bool) (bool, error) {
	body := map[string]any{"returnImmediately": !waits}
	if len(current.acknowledged) > 0 {
		body["ack"] = current.acknowledged
	}
	if len(current.errors) > 0 {
		body["setErrs"] = current.errors
	}
	var answer struct {
		Sets    map[string]string `json:"sets"`
		HasMore bool              `json:"moreAvailable"`
	}
	if err := g.sendJSON(ctx, http.MethodPost, current.endpoint, body, &answer); err != nil {
		return false, err
	}
	current.acknowledged, current.errors = nil, map[string]any{}
	for identifier, token := range answer.Sets {
		err := g.takeEvent(ctx, token)
		var unavailable *UnavailableError
		switch {
		case err == nil:
			// Acknowledged by the next poll: after a new start it comes again anyway.
			current.acknowledged = append(current.acknowledged, identifier)
		case errors.As(err, &unavailable):
			return false, err
		default:
			// An end that cannot be read might be of any token.
			g.revoked.refuseAll(g.options.Now())
			current.errors[identifier] = map[string]any{"err": "invalid_request", "description": "cannot be read"}
		}
	}
	return answer.HasMore, nil
}

func (g *Gatehouse) takeEvent(ctx context.Context, token string) error {
	algorithm, name, err := readTypedHeader(token, "secevent+jwt")
	if err != nil {
		return err
	}
	keys, err := g.keySet(ctx, name)
	if err != nil {
		return err
	}
	segments := strings.Split(token, ".")
	signature, err := decode(segments[2])
	if err != nil {
		return err
	}
	if err := keys.check(algorithm, name, []byte(segments[0]+"."+segments[1]), signature); err != nil {
		return err
	}
	payload, err := decode(segments[1])
	if err != nil {
		return err
	}
	claims, err := parseObject(payload)
	if err != nil {
		return err
	}
	if claims["iss"] != g.options.Issuer || claims["aud"] != g.options.ClientID {
		return invalid("another issuer's event, or another receiver's")
	}
	return g.revoked.add(claims, g.options.Now())
}

// sendJSON sends JSON with our credentials and reads the answer into a value.
func (g *Gatehouse) sendJSON(ctx context.Context, method, address string, body, answer any) error {
	unavailable := func(reason any) error {
		return &UnavailableError{Reason: fmt.Sprintf("%s cannot be read: %v", address, reason)}
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return unavailable(err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return unavailable("not a URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth(url.QueryEscape(g.options.ClientID), url.QueryEscape(g.options.ClientSecret))
	// The client's own time-out may be shorter than a poll waits; the context has ours.
	client := *g.direct
	client.Timeout = 0
	response, err := client.Do(request)
	if err != nil {
		return unavailable(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	switch {
	case err != nil:
		return unavailable(err)
	case response.StatusCode == http.StatusNotFound && method == http.MethodPost:
		return errStreamGone
	case response.StatusCode == http.StatusNoContent:
		return nil
	case slices.Contains([]int{400, 401, 403, 404}, response.StatusCode):
		return &MisconfiguredError{Reason: address + " answers " + response.Status}
	case response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated:
		return unavailable(response.Status)
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return unavailable(err)
	}
	return nil
}
