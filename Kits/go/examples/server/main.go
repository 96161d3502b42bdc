// An HTTP server with one operation that calls GitHub for its user.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	gatehouse "gatehouse.example/kit"
)

var kit = gatehouse.New(gatehouse.Options{
	Issuer: os.Getenv("ISSUER"), Resource: os.Getenv("RESOURCE"),
	ClientID: os.Getenv("CLIENT_ID"), ClientSecret: os.Getenv("CLIENT_SECRET"), Scopes: []string{"mcp:read"},
})

func whoami(w http.ResponseWriter, r *http.Request) {
	token, _ := gatehouse.TokenFrom(r.Context())
	request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, os.Getenv("GITHUB_API"), nil)
	answer, err := kit.Do(request, token.Token, "github")
	var connect *gatehouse.ConnectRequiredError
	w.Header().Set("Content-Type", "application/json")
	switch {
	case errors.As(err, &connect):
		// In an MCP server this is the tool's result: the client opens the page and repeats the call.
		_ = json.NewEncoder(w).Encode(connect.Result())
	case err != nil:
		log.Print(err)
		w.WriteHeader(http.StatusBadGateway)
	default:
		defer answer.Body.Close()
		_, _ = io.Copy(w, answer.Body)
	}
}

func main() {
	http.Handle(kit.MetadataPath(), kit.MetadataHandler())
	http.Handle("/mcp", kit.Guard(http.HandlerFunc(whoami)))
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
