package gatehouse

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// program is a running Gatehouse: GATEHOUSE_BINARY names the program.
type program struct {
	t         *testing.T
	Issuer    string
	Control   struct{ URL, Token string }
	Upstreams []struct{ Issuer string }
	Resources []struct {
		URI          string
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
}

func start(t *testing.T) (*program, *Gatehouse) {
	binary := os.Getenv("GATEHOUSE_BINARY")
	if binary == "" {
		t.Skip("GATEHOUSE_BINARY is not set")
	}
	command := exec.Command(
		binary, "dev", "--json", "--port", "0", "--exit-with-parent", "--upstream", "github=github-app",
		"--scope", "mcp:read", "--scope", "mcp:write",
	)
	// Gatehouse refuses variables with its prefix that are no keys.
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GATEHOUSE_") {
			command.Env = append(command.Env, variable)
		}
	}
	line := firstLine(t, command)
	found := &program{t: t}
	if err := json.Unmarshal([]byte(line), found); err != nil {
		t.Fatal(err)
	}
	resource := found.Resources[0]
	return found, New(Options{
		Issuer: found.Issuer, Resource: resource.URI, ClientID: resource.ClientID,
		ClientSecret: resource.ClientSecret, Scopes: []string{"mcp:read"},
	})
}

func firstLine(t *testing.T, command *exec.Cmd) string {
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func (p *program) control(path string, body map[string]any) map[string]any {
	p.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	data, _ := json.Marshal(body)
	request, _ := http.NewRequest(http.MethodPost, p.Control.URL+path, bytes.NewReader(data))
	request.Header.Set("Authorization", "Bearer "+p.Control.Token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	found := map[string]any{}
	if answer.StatusCode != 200 || json.Unmarshal(text, &found) != nil {
		p.t.Fatalf("%s: %s %s", path, answer.Status, text)
	}
	return found
}

// session returns a user's access token and its claims.
func (p *program) session(user string) (string, map[string]any) {
	p.t.Helper()
	found := p.control("/sessions", map[string]any{"user": user})
	return found["access_token"].(string), found["claims"].(map[string]any)
}

func (p *program) apiURL() string { return p.Upstreams[0].Issuer + "/oauth2/user" }

func (p *program) whoami(kit *Gatehouse, token string) string {
	p.t.Helper()
	request, _ := http.NewRequest(http.MethodGet, p.apiURL(), nil)
	answer, err := kit.Do(request, token, "github")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	var user struct{ Login string }
	if err := json.NewDecoder(answer.Body).Decode(&user); err != nil {
		p.t.Fatal(err)
	}
	return user.Login
}

func TestCallsReachTheAPI(t *testing.T) {
	server, kit := start(t)
	token, _ := server.session("ada")
	if login := server.whoami(kit, token); login != "ada" {
		t.Error(login)
	}
	// A token that the API refuses is reported, and the call succeeds.
	server.control("/revoke", map[string]any{"user": "ada", "tokens": "access"})
	if login := server.whoami(kit, token); login != "ada" {
		t.Error(login)
	}
	// A rotated key is found.
	for range 2 {
		server.control("/keys/rotate", nil)
		fresh, _ := server.session("ada")
		if _, err := kit.Verify(context.Background(), fresh); err != nil {
			t.Error(err)
		}
	}
}

func TestGuard(t *testing.T) {
	server, kit := start(t)
	handler := kit.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := TokenFrom(r.Context())
		_, _ = io.WriteString(w, token.Subject)
	}))
	call := func(authorization ...string) (int, string) {
		request := httptest.NewRequest(http.MethodGet, "/mcp", nil)
		for _, value := range authorization {
			request.Header.Add("Authorization", value)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Code, recorder.Header().Get("WWW-Authenticate")
	}
	token, _ := server.session("ada")
	if status, _ := call("bearer " + token); status != 200 {
		t.Error(status)
	}
	status, challenge := call()
	if status != 401 || strings.Contains(challenge, "error") ||
		!strings.Contains(challenge, `resource_metadata="`) || !strings.Contains(challenge, "oauth-protected-resource/mcp") {
		t.Error(status, challenge)
	}
	for _, wrong := range [][]string{
		{"Bearer"}, {"Bearer "}, {"Basic " + token}, {"Bearer " + token + ",x"}, {"Bearer " + token, "Bearer " + token},
	} {
		if status, challenge := call(wrong...); status != 401 || !strings.Contains(challenge, `error="invalid_token"`) {
			t.Error(wrong, status, challenge)
		}
	}
	for _, defect := range []string{"expired", "wrong-audience", "unsigned", "foreign-key"} {
		minted := server.control("/tokens", map[string]any{"defect": defect})["access_token"].(string)
		if status, _ := call("Bearer " + minted); status != 401 {
			t.Error(defect, status)
		}
	}
	narrow := server.control("/tokens", map[string]any{"scopes": []string{"mcp:write"}})["access_token"].(string)
	status, challenge = call("Bearer " + narrow)
	if status != 403 || !strings.Contains(challenge, `error="insufficient_scope", scope="mcp:read"`) {
		t.Error(status, challenge)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	server, kit := start(t)
	token, claims := server.session("ada")
	server.control("/disconnect", map[string]any{"user": claims["sub"]})
	_, err := kit.UpstreamToken(context.Background(), token, "github")
	var connect *ConnectRequiredError
	if !errors.As(err, &connect) || !strings.HasPrefix(connect.ConnectURI, server.Issuer) {
		t.Fatal(err)
	}
	_, err = kit.UpstreamToken(context.Background(), token, "nowhere")
	var misconfigured *MisconfiguredError
	if !errors.As(err, &misconfigured) {
		t.Error(err)
	}
	server.control("/end", map[string]any{"session": claims["tsid"]})
	_, err = kit.UpstreamToken(context.Background(), token, "github")
	var refused *UserTokenRefusedError
	if !errors.As(err, &refused) {
		t.Error(err)
	}
}

func TestExample(t *testing.T) {
	server, _ := start(t)
	binary := t.TempDir() + "/server"
	if output, err := exec.Command("go", "build", "-o", binary, "./examples/server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	resource := server.Resources[0]
	command := exec.Command(binary)
	command.Env = append(
		os.Environ(), "ISSUER="+server.Issuer, "RESOURCE="+resource.URI, "CLIENT_ID="+resource.ClientID,
		"CLIENT_SECRET="+resource.ClientSecret, "GITHUB_API="+server.apiURL(), "PORT=0",
	)
	port := regexp.MustCompile(`\d+`).FindString(firstLine(t, command))
	call := func(path, token string) (int, string) {
		request, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+port+path, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	token, _ := server.session("ada")
	if status, body := call("/mcp", token); status != 200 || !strings.Contains(body, `"ada"`) {
		t.Error(status, body)
	}
	if status, _ := call("/mcp", "x"); status != 401 {
		t.Error(status)
	}
	if _, body := call("/.well-known/oauth-protected-resource/mcp", ""); !strings.Contains(body, server.Issuer) {
		t.Error(body)
	}
	other, claims := server.session("grace")
	server.control("/disconnect", map[string]any{"user": claims["sub"]})
	if _, body := call("/mcp", other); !strings.Contains(body, `"resultType":"input_required"`) {
		t.Error(body)
	}
}

func TestConcurrentRetrievalsAreOneRequest(t *testing.T) {
	server, kit := start(t)
	token, _ := server.session("ada")
	var group sync.WaitGroup
	found := make([]*UpstreamToken, 20)
	for index := range found {
		group.Add(1)
		go func() {
			defer group.Done()
			found[index], _ = kit.UpstreamToken(context.Background(), token, "github")
		}()
	}
	group.Wait()
	for _, other := range found {
		if other == nil || other != found[0] {
			t.Fatal("several requests")
		}
	}
}
