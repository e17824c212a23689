// Command githubstandin serves the stand-in for GitHub, for tests that begin in a browser.
//
//	go run ./test/tools/githubstandin -listen 127.0.0.1:0 -callback http://localhost:7007/api/auth/github/handler/frame
//
// Two people have an account: ann, a member of the organisation marrowby, and bob, who is none. The app's id is "portico",
// its secret "a-secret-of-tests". It prints its address.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"portico/internal/forge/githubtest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "host and port")
	callback := flag.String("callback", "", "where the app's people are sent back to")
	flag.Parse()
	g := githubtest.New(
		githubtest.Person{
			ID: 1001, Login: "ann", Name: "Ann at GitHub", Emails: []githubtest.Email{{Address: "ann@marrowby.example", Primary: true, Verified: true}},
			Organizations: map[string]string{"marrowby": "active"},
		},
		githubtest.Person{ID: 1002, Login: "bob", Emails: []githubtest.Email{{Address: "bob@elsewhere.example", Primary: true, Verified: true}}},
	)
	g.Register(githubtest.App{ClientID: "portico", ClientSecret: "a-secret-of-tests", CallbackURL: *callback})
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println("http://" + l.Addr().String())
	s := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
	if err := s.Serve(l); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
